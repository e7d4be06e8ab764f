//! Encoded bytes to an upright picture. Sizes are judged by headers, before a decoder allocates.

mod av1;
mod colour;
mod error;
mod frame;
mod heif;
#[cfg(feature = "heic")]
mod hevc;
mod jpeg;
mod png;
mod raster;
mod source;
mod webp;

pub use error::DecodeError;
pub use source::Cancel;

use crate::limits::MAX_BYTES;
use crate::orientation::Orientation;
use crate::picture::Picture;
use domain::MediaType;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pixels as they are stored, and how to turn them.
struct Decoded {
    picture: Picture,
    orientation: Orientation,
}

/// Decodes a photo, by its first bytes, to upright RGB of 8 bits in sRGB. Transparency is laid over white; of an
/// animation the first frame is taken. A picture with a side above [`crate::picture::WORKING_SIDE`] is averaged down
/// to it. Bounded by [`crate::limits`]; no file takes more than 5 s of a current core.
pub fn decode(bytes: &[u8]) -> Result<Picture, DecodeError> {
    decode_unless(bytes, &Cancel::default())
}

/// Whether bytes are a JPEG that every decoder reads alike: no rare kind, and no larger than 50 megapixels.
pub fn is_plain_jpeg(bytes: &[u8]) -> bool {
    MediaType::sniff(bytes) == Some(MediaType::Jpeg) && jpeg::is_plain(bytes)
}

/// Decodes like [`decode`], unless another thread cancels it.
pub fn decode_unless(bytes: &[u8], cancel: &Cancel) -> Result<Picture, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::undecodable("the file is empty"));
    }
    if bytes.len() > MAX_BYTES {
        let (has, limit) = (bytes.len().div_ceil(1 << 20), MAX_BYTES >> 20);
        return Err(DecodeError::TooLarge(format!("{has} MiB, at most {limit}")));
    }
    let decode = match MediaType::sniff(bytes) {
        Some(MediaType::Jpeg) => jpeg::decode,
        Some(MediaType::Png) => png::decode,
        Some(MediaType::Webp) => webp::decode,
        Some(MediaType::Heic | MediaType::Avif) => heif::decode,
        Some(MediaType::Gif) => raster::gif,
        Some(MediaType::Bmp) => raster::bmp,
        Some(MediaType::Tiff) => raster::tiff,
        None => return Err(DecodeError::UnsupportedType(MediaType::refusal(bytes))),
    };
    // Decoders of so many formats may have a panic left; such a photo will not do better later.
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(bytes, cancel)));
    let decoded = decoded.unwrap_or_else(|_| Err(DecodeError::undecodable("its decoder failed")));
    if cancel.is_cancelled() {
        return Err(DecodeError::Cancelled);
    }
    let Decoded { picture, orientation } = decoded?;
    Ok(picture.bounded().upright(orientation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_other_formats_by_name() {
        let error = decode(b"\xff\x0a").unwrap_err();
        assert_eq!(error.code(), "unsupported_type");
        assert!(error.to_string().starts_with("JPEG XL is not supported; send JPEG, PNG"), "{error}");
    }

    #[test]
    fn the_length_of_a_file_is_bounded() {
        assert_eq!(decode(&[]).unwrap_err().code(), "undecodable_image");
        let error = decode(&vec![0xFF; MAX_BYTES + 1]).unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().contains("33 MiB, at most 32")),
            ("image_too_large", true)
        );
    }

    #[test]
    fn a_cancelled_decoding_says_so() {
        let cancel = Cancel::default();
        cancel.cancel();
        for bytes in [&b"\xff\xd8\xff\xe0"[..], b"GIF89a\x01\0\x01\0\0\0\0", b"\x89PNG\r\n\x1a\n"] {
            assert_eq!(decode_unless(bytes, &cancel), Err(DecodeError::Cancelled));
        }
    }
}
