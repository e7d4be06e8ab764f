//! WebP, by the `image-webp` crate: lossy and lossless stills, and the first frame of animations.

use super::Decoded;
use super::colour::flatten;
use super::error::{DecodeError, check_size};
use super::source::{Cancel, Source};
use crate::limits::MAX_MEMORY;
use crate::orientation::Orientation;
use crate::picture::Picture;
use image_webp::WebPDecoder;
use std::borrow::Cow;

/// The place of the flags in an extended file.
const FLAGS_AT: usize = 20;
/// Flags of an extended file and the chunks that they announce.
const ANNOUNCED: [(u8, &[u8; 4]); 3] = [(0x10, b"ALPH"), (0x08, b"EXIF"), (0x04, b"XMP ")];

pub(super) fn decode(bytes: &[u8], cancel: &Cancel) -> Result<Decoded, DecodeError> {
    let bytes = repaired(bytes);
    let mut decoder = WebPDecoder::new(Source::new(&bytes, cancel)).map_err(DecodeError::undecodable)?;
    decoder.set_memory_limit(MAX_MEMORY);
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    // In half bytes a pixel: lossy pictures are decoded to 1.5 bytes of luma and chroma first, lossless ones and
    // opacity to 4 bytes; then there are the pixels themselves. An animation has a frame and a canvas besides.
    let halves = match (decoder.is_lossy(), decoder.has_alpha(), decoder.is_animated()) {
        (_, _, true) => 3 + 8 + 8 + 8,
        (true, false, _) => 3 + 6,
        (true, true, _) => 3 + 8 + 2 + 8,
        (false, false, _) => 8 + 6,
        (false, true, _) => 8,
    };
    check_size(cancel, (width, height), width.saturating_mul(height).saturating_mul(halves) / 2)?;
    check_frames(&bytes, width, height)?;
    let exif = decoder.exif_metadata().unwrap_or_default().unwrap_or_default();
    let xmp = decoder.xmp_metadata().unwrap_or_default().unwrap_or_default();
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut pixels = vec![0; width * height * channels];
    decoder.read_image(&mut pixels).map_err(DecodeError::undecodable)?;
    let picture = Picture::new(width, height, flatten(pixels, channels));
    let picture = picture.ok_or_else(DecodeError::missing_pixels)?;
    Ok(Decoded { picture, orientation: Orientation::from_metadata(&exif, &xmp) })
}

/// The chunks of a file or of a frame of an animation: kind and content.
fn chunks(mut rest: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let ([kind @ .., l1, l2, l3, l4], after) = rest.split_first_chunk::<8>()?;
        let length = (u32::from_le_bytes([*l1, *l2, *l3, *l4]) as usize).min(after.len());
        rest = after.get(length + length % 2..).unwrap_or_default();
        Some((kind, &after[..length]))
    })
}

/// The file without the flags of chunks that are not there.
fn repaired(bytes: &[u8]) -> Cow<'_, [u8]> {
    let all: Vec<&[u8; 4]> = chunks(bytes.get(12..).unwrap_or_default()).map(|(kind, _)| kind).collect();
    let mut repaired = Cow::Borrowed(bytes);
    if all.first() != Some(&b"VP8X") || bytes.len() <= FLAGS_AT {
        return repaired;
    }
    // Opacity is a part of a lossless picture, and of an animation's frames.
    let own_opacity = all.contains(&b"VP8L") || all.contains(&b"ANMF");
    for (flag, kind) in ANNOUNCED {
        let there = all.contains(&kind) || (kind == b"ALPH" && own_opacity);
        if bytes[FLAGS_AT] & flag != 0 && !there {
            repaired.to_mut()[FLAGS_AT] &= !flag;
        }
    }
    repaired
}

/// Refuses a lossy picture that is larger than the canvas: its own header decides what decoding it allocates.
fn check_frames(bytes: &[u8], width: usize, height: usize) -> Result<(), DecodeError> {
    for (kind, content) in chunks(bytes.get(12..).unwrap_or_default()) {
        let lossy = match kind {
            b"ANMF" => chunks(content.get(16..).unwrap_or_default()).find(|(kind, _)| *kind == b"VP8 "),
            _ => Some((kind, content)).filter(|(kind, _)| *kind == b"VP8 "),
        };
        let Some([.., w1, w2, h1, h2]) = lossy.and_then(|(_, content)| content.first_chunk::<10>()) else {
            continue;
        };
        let side = |low: u8, high: u8| usize::from(u16::from_le_bytes([low, high]) & 0x3FFF);
        if side(*w1, *w2) > width || side(*h1, *h2) > height {
            return Err(DecodeError::undecodable("a frame is larger than the picture"));
        }
        if kind == b"ANMF" {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_webp::{ColorType, WebPEncoder};

    fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
        super::decode(bytes, &Cancel::default())
    }

    fn encoded(data: &[u8], color: ColorType) -> Vec<u8> {
        let mut bytes = Vec::new();
        let channels = if color == ColorType::L8 {
            1
        } else if color == ColorType::Rgb8 {
            3
        } else {
            4
        };
        WebPEncoder::new(&mut bytes).encode(data, data.len() as u32 / channels, 1, color).unwrap();
        bytes
    }

    #[test]
    fn lossless_pictures_come_back_and_opacity_lies_over_white() {
        for (color, data, rgb) in [
            (ColorType::Rgb8, &[1, 2, 3, 4, 5, 6][..], &[1, 2, 3, 4, 5, 6][..]),
            (ColorType::L8, &[7, 7], &[7; 6]),
            (ColorType::Rgba8, &[1, 2, 3, 0], &[255; 3]),
        ] {
            assert_eq!(decode(&encoded(data, color)).unwrap().picture.rgb(), rgb);
        }
    }

    #[test]
    fn flags_without_chunks_are_ignored() {
        let simple = encoded(&[1, 2, 3], ColorType::Rgb8);
        for flags in [0x00, 0x04, 0x08, 0x0C, 0x10, 0x20] {
            let canvas = [b"VP8X\x0A\0\0\0", &[flags, 0, 0, 0, 0, 0, 0, 0, 0, 0][..]].concat();
            let extended = [&simple[..12], &canvas, &simple[12..]].concat();
            assert_eq!(decode(&extended).unwrap().picture.rgb(), [1, 2, 3], "{flags:#x}");
        }
    }

    #[test]
    fn a_declared_giant_is_refused_without_pixels() {
        let mut bytes = encoded(&[1, 2, 3], ColorType::Rgb8);
        // Behind the signature: width - 1 and height - 1, 14 bits each.
        bytes[21..25].copy_from_slice(&(0x3FFE_u32 | 0x3FFE << 14).to_le_bytes());
        assert_eq!(decode(&bytes).err().unwrap().code(), "image_too_large");
        let giant = [b"VP8 \x0A\0\0\0", &[0x10, 0, 0, 0x9D, 1, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F][..]].concat();
        let small = b"VP8X\x0A\0\0\0\0\0\0\0\x07\0\0\x07\0\0";
        let bytes = [b"RIFF\x30\0\0\0WEBP", &small[..], &giant].concat();
        assert!(decode(&bytes).err().unwrap().to_string().contains("larger than the picture"));
    }
}
