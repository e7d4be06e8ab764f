//! The bounds of the photos that are decoded. They are judged by headers, before a decoder allocates.

pub use domain::photo_size::{MAX_JPEG_PIXELS, MAX_PIXELS, MAX_SIDE};

/// Bytes of a file.
pub const MAX_BYTES: usize = 32 << 20;
/// Pixels of a photo of one face, which anyone may send.
pub const MAX_PORTRAIT_PIXELS: usize = 25_000_000;
/// Bytes of memory that decoding one photo may take. A progressive JPEG keeps two bytes a sample at every scale, so
/// that about 85 megapixels of 4:2:0 fit.
pub const MAX_MEMORY: usize = 256 << 20;
