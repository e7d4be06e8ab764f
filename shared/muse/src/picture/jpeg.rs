//! Pixels to a JPEG of bounded size that says who made it.

use super::PictureError;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// The largest file that a full-size picture may make, in bytes.
pub const MAX_BYTES: usize = 120_000;

/// Tried from the best on, until the file is small enough.
const QUALITIES: [u8; 6] = [88, 82, 75, 66, 55, 40];

/// Encodes `size` × `size` sRGB pixels with an XMP packet in APP1 (XMP part 3, 1.1.3).
pub(super) fn encode(rgb: &[u8], size: u16, xmp: &str) -> Result<Vec<u8>, PictureError> {
    let mut segment = b"http://ns.adobe.com/xap/1.0/\0".to_vec();
    segment.extend_from_slice(xmp.as_bytes());
    let mut jpeg = Vec::new();
    for quality in QUALITIES {
        jpeg.clear();
        let mut encoder = Encoder::new(&mut jpeg, quality);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.set_optimized_huffman_tables(true);
        encoder.add_app_segment(1, segment.clone())?;
        encoder.encode(rgb, size, size, ColorType::Rgb)?;
        if jpeg.len() <= MAX_BYTES {
            break;
        }
    }
    Ok(jpeg)
}
