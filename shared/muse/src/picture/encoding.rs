//! Pixels to files that carry their provenance: a JPEG of bounded size, or a PNG of exactly these pixels.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use png::text_metadata::ITXtChunk;

/// Bound on the size of a JPEG at the default picture size.
pub const MAX_JPEG_BYTES: usize = 120_000;

/// JPEG qualities in the order in which they are tried. Each makes a file about 0.82 times as large as the one before.
const QUALITIES: [u8; 8] = [88, 83, 77, 70, 61, 50, 40, 30];

/// Index into [`QUALITIES`] where fine strokes start: no better quality has fitted them.
const FINE_START: usize = 3;

/// Encodes `size` × `size` sRGB pixels with an XMP packet in APP1 (XMP part 3, 1.1.3).
pub(super) fn jpeg(
    rgb: &[u8],
    size: u16,
    fine: bool,
    xmp: &str,
) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
    let mut segment = b"http://ns.adobe.com/xap/1.0/\0".to_vec();
    segment.extend_from_slice(xmp.as_bytes());
    let mut file = Vec::new();
    let mut quality = if fine { FINE_START } else { 0 };
    loop {
        file.clear();
        let mut encoder = Encoder::new(&mut file, QUALITIES[quality]);
        // Small pictures keep full chroma; large ones halve it, as photographs do.
        let sampling = if size <= 512 { SamplingFactor::F_1_1 } else { SamplingFactor::F_2_2 };
        encoder.set_sampling_factor(sampling);
        // No optimised Huffman tables: with them this encoder writes one scan for each component, which zune-jpeg
        // (and every program that reads through `image`) decodes to green stripes.
        encoder.add_app_segment(1, segment.clone())?;
        encoder.encode(rgb, size, size, ColorType::Rgb)?;
        if file.len() <= MAX_JPEG_BYTES || quality + 1 == QUALITIES.len() {
            return Ok(file);
        }
        quality = (quality + steps_down(file.len())).min(QUALITIES.len() - 1);
    }
}

/// How many qualities lower a file of `bytes` is expected to fit, at least 1. One encoding costs a tenth of a painting,
/// so that trying them all would be slow.
fn steps_down(bytes: usize) -> usize {
    let mut expected = bytes as f32 * 0.82;
    let mut steps = 1;
    while expected > MAX_JPEG_BYTES as f32 * 1.06 {
        expected *= 0.82;
        steps += 1;
    }
    steps
}

/// Encodes `size` × `size` sRGB pixels with an XMP packet in an uncompressed iTXt chunk (XMP part 3, 1.1.5).
pub(super) fn png(rgb: &[u8], size: u16, xmp: &str) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size.into(), size.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    let mut writer = encoder.write_header()?;
    writer.write_text_chunk(&ITXtChunk::new("XML:com.adobe.xmp", xmp))?;
    writer.write_image_data(rgb)?;
    writer.finish()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_noise_becomes_small_enough_for_its_size() {
        let mut rng = crate::rng::Rng::new(1, "test");
        let noise: Vec<u8> = (0..512 * 512 * 3).map(|_| 110 + rng.below(36) as u8).collect();
        let file = jpeg(&noise, 512, false, "<x/>").unwrap();
        assert!(file.len() <= MAX_JPEG_BYTES, "{}", file.len());
    }

    #[test]
    fn far_too_large_skips_qualities() {
        assert_eq!([121_000, 200_000].map(steps_down), [1, 3]);
    }
}
