//! PNG, by the `png` crate: palettes and few bits expanded, 16 bits cut to 8, transparency over white.

use super::{DecodeError, MEMORY_LIMIT, Stored, check_size, over_white};
use crate::orientation::Orientation;
use crate::picture::Picture;
use png::{ColorType, Decoder, DecodingError, Limits, Transformations};
use std::io::Cursor;

/// Memory that the decoder may take for what is not pixels: a row, a palette, metadata.
const WORK: usize = 16 << 20;

/// Decodes a PNG; of an animation the still picture.
pub(super) fn decode(bytes: &[u8]) -> Result<Stored, DecodeError> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: WORK });
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(undecodable)?;
    let (width, height) = (header.width as usize, header.height as usize);
    // Four bytes a pixel whatever the kind: the header does not tell about transparency yet.
    check_size(width, height, width.saturating_mul(height).saturating_mul(4).saturating_add(WORK))?;
    let mut reader = decoder.read_info().map_err(undecodable)?;
    let length = reader.output_buffer_size().filter(|&length| length <= MEMORY_LIMIT);
    let length = length.ok_or_else(|| DecodeError::TooLarge("too much memory".to_owned()))?;
    let mut pixels = vec![0; length];
    reader.next_frame(&mut pixels).map_err(undecodable)?;
    let rgb = match reader.output_color_type().0 {
        ColorType::Grayscale => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        ColorType::GrayscaleAlpha => {
            let over = |&[grey, opacity]: &[u8; 2]| over_white(vec![grey, grey, grey, opacity]);
            pixels.as_chunks::<2>().0.iter().flat_map(over).collect()
        }
        ColorType::Rgba => over_white(pixels),
        ColorType::Rgb | ColorType::Indexed => pixels,
    };
    let wrong = || DecodeError::Undecodable("pixels are missing".to_owned());
    let picture = Picture::new(width, height, rgb).ok_or_else(wrong)?;
    let exif = reader.info().exif_metadata.as_deref().unwrap_or_default();
    Ok(Stored { picture, orientation: Orientation::from_exif(exif) })
}

fn undecodable(error: DecodingError) -> DecodeError {
    match error {
        DecodingError::LimitsExceeded => {
            DecodeError::TooLarge("its metadata takes too much memory".to_owned())
        }
        other => DecodeError::undecodable(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use png::{BitDepth, Encoder};

    fn encoded(color: ColorType, depth: BitDepth, data: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 2, 1);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if color == ColorType::Indexed {
            encoder.set_palette(vec![1, 2, 3, 4, 5, 6]);
        }
        encoder.write_header().unwrap().write_image_data(data).unwrap();
        bytes
    }

    #[test]
    fn every_kind_of_pixel_becomes_rgb() {
        use BitDepth::{Eight, One, Sixteen};
        for (color, depth, data, wanted) in [
            (ColorType::Rgb, Eight, &[1, 2, 3, 4, 5, 6][..], [1, 2, 3, 4, 5, 6]),
            (ColorType::Grayscale, Eight, &[9, 8], [9, 9, 9, 8, 8, 8]),
            (ColorType::Grayscale, Sixteen, &[9, 1, 8, 1], [9, 9, 9, 8, 8, 8]),
            (ColorType::Grayscale, One, &[0x40], [0, 0, 0, 255, 255, 255]),
            (ColorType::GrayscaleAlpha, Eight, &[9, 255, 8, 0], [9, 9, 9, 255, 255, 255]),
            (ColorType::Rgba, Eight, &[1, 2, 3, 255, 4, 5, 6, 0], [1, 2, 3, 255, 255, 255]),
            (ColorType::Indexed, One, &[0x40], [1, 2, 3, 4, 5, 6]),
        ] {
            let picture = decode(&encoded(color, depth, data)).unwrap().picture;
            assert_eq!(picture.rgb(), wanted, "{color:?} {depth:?}");
        }
    }
}
