//! The bounds of the photos that are decoded. They are judged by headers, before a decoder allocates.

/// Bytes of a file.
pub const MAX_BYTES: usize = 32 << 20;
/// Pixels of a side.
pub const MAX_SIDE: usize = 30_000;
/// Pixels of a photo in every format but the next.
pub const MAX_PIXELS: usize = 50_000_000;
/// Pixels of a JPEG, which is decoded at a half, a quarter or an eighth where its pixels do not fit into
/// [`MAX_MEMORY`].
pub const MAX_JPEG_PIXELS: usize = 200_000_000;
/// Bytes of memory that decoding one photo may take. A progressive JPEG keeps two bytes a sample at every scale, so
/// that about 85 megapixels of 4:2:0 fit.
pub const MAX_MEMORY: usize = 256 << 20;
