//! WebP, by the `image-webp` crate: lossy and lossless stills.

use super::{DecodeError, MEMORY_LIMIT, Stored, check_size, over_white};
use crate::orientation::Orientation;
use crate::picture::Picture;
use image_webp::WebPDecoder;
use std::io::Cursor;

/// Decodes a WebP. Animations are refused: they hold no still picture, only changes of parts of a canvas.
pub(super) fn decode(bytes: &[u8]) -> Result<Stored, DecodeError> {
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(DecodeError::undecodable)?;
    if decoder.is_animated() {
        return Err(DecodeError::Animated);
    }
    decoder.set_memory_limit(MEMORY_LIMIT);
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    // In half bytes a pixel: lossy pictures are decoded to 1.5 bytes of luma and chroma first, lossless ones and
    // opacity to 4 bytes; then there are the pixels themselves.
    let halves = match (decoder.is_lossy(), decoder.has_alpha()) {
        (true, false) => 3 + 6,
        (true, true) => 3 + 8 + 2 + 8,
        (false, false) => 8 + 6,
        (false, true) => 8,
    };
    check_size(width, height, width.saturating_mul(height).saturating_mul(halves) / 2)?;
    let exif = decoder.exif_metadata().map_err(DecodeError::undecodable)?.unwrap_or_default();
    let pixels_of_4 = decoder.has_alpha();
    let mut pixels = vec![0; width * height * if pixels_of_4 { 4 } else { 3 }];
    decoder.read_image(&mut pixels).map_err(DecodeError::undecodable)?;
    let rgb = if pixels_of_4 { over_white(pixels) } else { pixels };
    let wrong = || DecodeError::Undecodable("pixels are missing".to_owned());
    let picture = Picture::new(width, height, rgb).ok_or_else(wrong)?;
    Ok(Stored { picture, orientation: Orientation::from_exif(&exif) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_webp::{ColorType, WebPEncoder};

    #[test]
    fn lossless_pictures_come_back_and_opacity_lies_over_white() {
        for (color, data) in [(ColorType::Rgb8, &[1, 2, 3, 4, 5, 6][..]), (ColorType::L8, &[7, 7])] {
            let mut bytes = Vec::new();
            WebPEncoder::new(&mut bytes)
                .encode(data, data.len() as u32 / if data.len() == 2 { 1 } else { 3 }, 1, color)
                .unwrap();
            let wanted: Vec<u8> = if data.len() == 2 { vec![7; 6] } else { data.to_vec() };
            assert_eq!(decode(&bytes).unwrap().picture.rgb(), wanted);
        }
        let mut bytes = Vec::new();
        WebPEncoder::new(&mut bytes).encode(&[1, 2, 3, 0], 1, 1, ColorType::Rgba8).unwrap();
        assert_eq!(decode(&bytes).unwrap().picture.rgb(), [255; 3]);
    }

    #[test]
    fn a_declared_giant_is_refused_without_pixels() {
        let mut bytes = Vec::new();
        WebPEncoder::new(&mut bytes).encode(&[1, 2, 3], 1, 1, ColorType::Rgb8).unwrap();
        // Behind the signature: width - 1 and height - 1, 14 bits each.
        bytes[21..25].copy_from_slice(&(0x3FFE_u32 | 0x3FFE << 14).to_le_bytes());
        assert_eq!(decode(&bytes).err().unwrap().code(), "image_too_large");
    }
}
