//! PNG, by the `png` crate: palettes and few bits expanded, 16 bits reduced to 8 by their profile, the still picture
//! of an animation. A truncated file gives the rows that it has.

use super::Decoded;
use super::colour::{self, WideProfile};
use super::error::{DecodeError, check_size};
use super::source::{Cancel, Source};
use crate::orientation::Orientation;
use crate::picture::Picture;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use png::{
    BitDepth, Decoder, DecodingError, InterlaceInfo, Limits, Reader, Transformations, expand_interlaced_row,
};

/// Memory that the decoder may take for what is not pixels: a row, a palette, metadata.
const WORK: usize = 16 << 20;
/// Bytes of a profile or of metadata after decompression.
const MAX_TEXT: usize = 4 << 20;
/// What missing rows are filled with.
const GREY: u8 = 0x80;

pub(super) fn decode(bytes: &[u8], cancel: &Cancel) -> Result<Decoded, DecodeError> {
    let mut decoder = Decoder::new_with_limits(Source::new(bytes, cancel), Limits { bytes: WORK });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.ignore_checksums(true);
    let header = decoder.read_header_info().map_err(undecodable)?;
    let (width, height) = (header.width as usize, header.height as usize);
    let metadata = Metadata::parse(bytes);
    let wide = header.bit_depth == BitDepth::Sixteen && metadata.profile.is_some();
    let kept = if wide { Transformations::EXPAND } else { Transformations::normalize_to_color8() };
    // Four channels whatever the kind: the header does not tell about transparency yet.
    let pixel = if !header.interlaced {
        3
    } else if wide {
        8 + 3
    } else {
        4
    };
    check_size(
        cancel,
        (width, height),
        width.saturating_mul(height).saturating_mul(pixel).saturating_add(WORK),
    )?;
    decoder.set_transformations(kept);
    let mut reader = decoder.read_info().map_err(undecodable)?;
    let rows = Rows { channels: reader.output_color_type().0.samples(), metadata: &metadata, width, height };
    let rgb = if reader.info().interlaced { rows.interlaced(&mut reader)? } else { rows.plain(&mut reader)? };
    let picture = Picture::new(width, height, rgb).ok_or_else(DecodeError::missing_pixels)?;
    let (exif, xmp) = (metadata.exif.unwrap_or_default(), metadata.xmp.unwrap_or_default());
    Ok(Decoded { picture, orientation: Orientation::from_metadata(&exif, &xmp) })
}

fn undecodable(error: DecodingError) -> DecodeError {
    match error {
        DecodingError::LimitsExceeded => {
            let limit = WORK >> 20;
            DecodeError::TooLarge(format!("a row or its metadata takes more than {limit} MiB"))
        }
        other => DecodeError::undecodable(other),
    }
}

/// Reads rows into RGB, as far as there are any.
struct Rows<'a> {
    /// Of a pixel that the decoder gives.
    channels: usize,
    metadata: &'a Metadata,
    width: usize,
    height: usize,
}

impl Rows<'_> {
    fn plain(&self, reader: &mut Reader<Source<'_>>) -> Result<Vec<u8>, DecodeError> {
        let length = reader.output_line_size(self.width as u32).ok_or_else(DecodeError::missing_pixels)?;
        let convert = self.converter(length);
        let mut row = vec![0; length];
        let mut rgb = Vec::with_capacity(self.width * self.height * 3);
        for y in 0..self.height {
            match reader.read_row(&mut row) {
                Ok(Some(_)) => convert(&row, &mut rgb),
                Err(error) if y == 0 => return Err(undecodable(error)),
                Ok(None) | Err(_) => break,
            }
        }
        rgb.resize(self.width * self.height * 3, GREY);
        Ok(rgb)
    }

    fn interlaced(&self, reader: &mut Reader<Source<'_>>) -> Result<Vec<u8>, DecodeError> {
        let length = reader.output_line_size(self.width as u32).ok_or_else(DecodeError::missing_pixels)?;
        let bits = length / self.width * 8;
        let mut pixels = vec![GREY; length * self.height];
        let mut any = false;
        loop {
            match reader.next_interlaced_row() {
                Ok(Some(row)) => {
                    if let InterlaceInfo::Adam7(place) = row.interlace() {
                        expand_interlaced_row(&mut pixels, length, row.data(), place, bits as u8);
                    }
                    any = true;
                }
                Err(error) if !any => return Err(undecodable(error)),
                Ok(None) | Err(_) => break,
            }
        }
        let convert = self.converter(length);
        let mut rgb = Vec::with_capacity(self.width * self.height * 3);
        pixels.chunks_exact(length).for_each(|row| convert(row, &mut rgb));
        Ok(rgb)
    }

    /// Appends a row of `length` bytes to RGB.
    fn converter(&self, length: usize) -> impl Fn(&[u8], &mut Vec<u8>) {
        let (channels, wide) = (self.channels, length > self.width * self.channels);
        let icc = self.metadata.profile.as_deref().filter(|_| wide);
        let profile = icc.and_then(|icc| WideProfile::new(icc, channels));
        move |row, rgb| {
            if wide {
                let samples: Vec<u16> =
                    row.as_chunks().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
                colour::narrow(&samples, channels, profile.as_ref(), rgb);
            } else if channels == 3 {
                rgb.extend_from_slice(row);
            } else {
                rgb.append(&mut colour::flatten(row.to_vec(), channels));
            }
        }
    }
}

/// What stands before the pixels.
#[derive(Debug, Default, PartialEq, Eq)]
struct Metadata {
    profile: Option<Vec<u8>>,
    exif: Option<Vec<u8>>,
    xmp: Option<Vec<u8>>,
}

impl Metadata {
    /// Walks the chunks up to the pixels.
    fn parse(bytes: &[u8]) -> Metadata {
        let mut metadata = Metadata::default();
        let mut rest = bytes.get(8..).unwrap_or_default();
        while let Some(([l1, l2, l3, l4, kind @ ..], after)) = rest.split_first_chunk::<8>() {
            let length = u32::from_be_bytes([*l1, *l2, *l3, *l4]) as usize;
            let Some(content) = after.get(..length) else { break };
            match kind {
                b"IDAT" => break,
                b"eXIf" => metadata.exif = Some(content.to_vec()),
                b"iCCP" => metadata.profile = compressed(content).map(|(_, profile)| profile),
                b"zTXt" if metadata.exif.is_none() => {
                    metadata.exif = compressed(content).and_then(|(name, text)| raw_profile(name, &text));
                }
                b"tEXt" if metadata.exif.is_none() => {
                    let name = content.split(|&byte| byte == 0).next().unwrap_or_default();
                    metadata.exif = raw_profile(name, content.get(name.len() + 1..).unwrap_or_default());
                }
                b"iTXt" if metadata.xmp.is_none() => metadata.xmp = xmp(content),
                _ => {}
            }
            rest = after.get(length + 4..).unwrap_or_default();
        }
        metadata
    }
}

/// The name of a chunk, and its content, which is compressed.
fn compressed(content: &[u8]) -> Option<(&[u8], Vec<u8>)> {
    let name = content.split(|&byte| byte == 0).next()?;
    let stream = content.get(name.len() + 2..)?;
    Some((name, decompress_to_vec_zlib_with_limit(stream, MAX_TEXT).ok()?))
}

/// The packet of an XMP chunk: name, flag and method of compression, language and translated name, then the text.
fn xmp(content: &[u8]) -> Option<Vec<u8>> {
    let [compressed, _method, rest @ ..] = content.strip_prefix(b"XML:com.adobe.xmp\0")? else { return None };
    let text = rest.splitn(3, |&byte| byte == 0).nth(2)?;
    match compressed {
        0 => Some(text.to_vec()),
        _ => decompress_to_vec_zlib_with_limit(text, MAX_TEXT).ok(),
    }
}

/// EXIF as ImageMagick wrote it before there was an eXIf chunk: a line with the kind, one with the length, then
/// hexadecimal digits.
fn raw_profile(name: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    let known = [&b"Raw profile type exif"[..], b"Raw profile type APP1"].contains(&name);
    let lines = text.trim_ascii_start().split(|&byte| byte == b'\n').skip(2).flatten();
    let digits: Vec<u8> = lines.filter(|byte| !byte.is_ascii_whitespace()).copied().collect();
    (known && !digits.is_empty()).then(|| hex::decode(digits).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use png::{ColorType, Encoder};

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

    fn decode(bytes: &[u8]) -> Result<Decoded, DecodeError> {
        super::decode(bytes, &Cancel::default())
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

    #[test]
    fn metadata_is_found_before_the_pixels() {
        let chunk = |kind: &[u8; 4], content: &[u8]| {
            [&(content.len() as u32).to_be_bytes()[..], kind, content, &[0; 4]].concat()
        };
        let hex = b"\nexif\n      4\n4d4d\n002a\n";
        let zipped = miniz_oxide::deflate::compress_to_vec_zlib(hex, 6);
        let text = [&b"Raw profile type exif\0"[..], hex].concat();
        let zipped = [&b"Raw profile type APP1\0\0"[..], &zipped].concat();
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![b'0'; MAX_TEXT + 1], 9);
        let bomb = [&b"Raw profile type exif\0\0"[..], &bomb].concat();
        let pixels = chunk(b"IDAT", b"");
        for (chunks, exif) in [
            (chunk(b"tEXt", &text), Some(b"MM\0*".to_vec())),
            (chunk(b"zTXt", &zipped), Some(b"MM\0*".to_vec())),
            (chunk(b"eXIf", b"II*\0"), Some(b"II*\0".to_vec())),
            ([pixels, chunk(b"eXIf", b"II*\0")].concat(), None),
            (chunk(b"tEXt", b"Comment\0\nexif\n4\n4d4d"), None),
            (chunk(b"tEXt", b"Raw profile type exif"), None),
            (chunk(b"zTXt", &bomb), None),
            (vec![0xFF; 9], None),
        ] {
            assert_eq!(Metadata::parse(&[b"\x89PNG\r\n\x1A\n", &chunks[..]].concat()).exif, exif);
        }
        let zipped = miniz_oxide::deflate::compress_to_vec_zlib(b"<x/>", 6);
        let zipped = [&b"XML:com.adobe.xmp\0\x01\0en\0\0"[..], &zipped].concat();
        for (content, xmp) in [
            (&b"XML:com.adobe.xmp\0\0\0\0\0<x/>"[..], Some(&b"<x/>"[..])),
            (&zipped, Some(b"<x/>")),
            (b"XML:com.adobe.xmp\0\0\0", None),
            (b"XML:com.adobe.xmp\0\x01\0\0\0<x/>", None),
            (b"Comment\0\0\0\0\0<x/>", None),
        ] {
            let bytes = [b"\x89PNG\r\n\x1A\n", &chunk(b"iTXt", content)[..]].concat();
            assert_eq!(Metadata::parse(&bytes).xmp.as_deref(), xmp);
        }
    }
}
