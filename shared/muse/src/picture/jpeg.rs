//! Pixels to a JPEG of bounded size that says who made it.

use super::PictureError;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// The largest file that a full-size picture may make, in bytes.
pub const MAX_BYTES: usize = 120_000;

/// From the best on. Each makes a file about 0.82 times as large as the one before.
const QUALITIES: [u8; 8] = [88, 83, 77, 70, 61, 50, 40, 30];

/// Where a style of fine strokes begins, which no better quality has ever fitted.
const BUSY_START: usize = 3;

/// Encodes `size` × `size` sRGB pixels with an XMP packet in APP1 (XMP part 3, 1.1.3).
pub(super) fn encode(rgb: &[u8], size: u16, busy: bool, xmp: &str) -> Result<Vec<u8>, PictureError> {
    let mut segment = b"http://ns.adobe.com/xap/1.0/\0".to_vec();
    segment.extend_from_slice(xmp.as_bytes());
    let mut jpeg = Vec::new();
    let mut quality = if busy { BUSY_START } else { 0 };
    loop {
        jpeg.clear();
        let mut encoder = Encoder::new(&mut jpeg, QUALITIES[quality]);
        // Small pictures have room for their colours; large ones halve them, as photographs do.
        let sampling = if size <= 512 { SamplingFactor::F_1_1 } else { SamplingFactor::F_2_2 };
        encoder.set_sampling_factor(sampling);
        // No optimised Huffman tables: with them this encoder writes one scan for each component, which zune-jpeg
        // (and with it whatever reads through `image`) decodes to green stripes.
        encoder.add_app_segment(1, segment.clone())?;
        encoder.encode(rgb, size, size, ColorType::Rgb)?;
        if jpeg.len() <= MAX_BYTES || quality + 1 == QUALITIES.len() {
            return Ok(jpeg);
        }
        quality = (quality + qualities_too_high(jpeg.len())).min(QUALITIES.len() - 1);
    }
}

/// How many qualities lower a file of `bytes` becomes small enough, at least 1: encoding costs a tenth of a picture,
/// so that they are not all tried.
fn qualities_too_high(bytes: usize) -> usize {
    let mut expected = bytes as f32 * 0.82;
    let mut steps = 1;
    while expected > MAX_BYTES as f32 * 1.06 {
        expected *= 0.82;
        steps += 1;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_noise_becomes_small_enough_for_its_size() {
        let mut rng = crate::rng::Rng::new(1, "test");
        let noise: Vec<u8> = (0..512 * 512 * 3).map(|_| 110 + rng.below(36) as u8).collect();
        let jpeg = encode(&noise, 512, false, "<x/>").unwrap();
        assert!(jpeg.len() <= MAX_BYTES, "{}", jpeg.len());
    }

    #[test]
    fn far_too_large_skips_qualities() {
        assert_eq!([121_000, 200_000].map(qualities_too_high), [1, 3]);
    }
}
