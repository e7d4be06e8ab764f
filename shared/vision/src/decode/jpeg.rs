//! JPEG: a short walk over the headers tells what decoding will cost; then `zune-jpeg` decodes.

use super::{DecodeError, Stored, check_size};
use crate::orientation::Orientation;
use crate::picture::Picture;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// Scans of a progressive picture; encoders write about ten.
const SCANS_LIMIT: usize = 40;
/// Header segments that are walked over.
const SEGMENTS_LIMIT: usize = 1000;

/// What the headers say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Header {
    width: usize,
    height: usize,
    progressive: bool,
    /// Sampling factors (across, down) of each component.
    sampling: Vec<(usize, usize)>,
    /// Components in the first scan.
    scanned: usize,
    exif: Option<std::ops::Range<usize>>,
}

/// Decodes a JPEG. Pixels missing at the end come out grey, as in other decoders: much of the photo may be there.
pub(super) fn decode(bytes: &[u8]) -> Result<Stored, DecodeError> {
    let header = Header::parse(bytes)?;
    check_size(header.width, header.height, header.memory())?;
    let options = DecoderOptions::new_fast()
        .set_max_width(super::SIDE_LIMIT)
        .set_max_height(super::SIDE_LIMIT)
        .jpeg_set_max_scans(SCANS_LIMIT)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(DecodeError::undecodable)?;
    let agreed = decoder.info().map(|info| (usize::from(info.width), usize::from(info.height)));
    if agreed != Some((header.width, header.height)) {
        return Err(DecodeError::Undecodable("it declares its size twice".to_owned()));
    }
    let rgb = decoder.decode().map_err(DecodeError::undecodable)?;
    let wrong = || DecodeError::Undecodable("pixels are missing".to_owned());
    let picture = Picture::new(header.width, header.height, rgb).ok_or_else(wrong)?;
    let exif = header.exif.map_or(&[][..], |range| &bytes[range]);
    Ok(Stored { picture, orientation: Orientation::from_exif(exif) })
}

impl Header {
    /// Walks the segments up to the first scan.
    fn parse(bytes: &[u8]) -> Result<Header, DecodeError> {
        let ended = || DecodeError::Undecodable("it ends before its pixels".to_owned());
        let mut header = Header::default();
        let mut at = 2;
        for _ in 0..SEGMENTS_LIMIT {
            // Fill bytes and rubbish between segments are skipped, as decoders do.
            at += bytes.get(at..).and_then(|rest| rest.iter().position(|&b| b == 0xFF)).ok_or_else(ended)?;
            at += bytes[at..].iter().position(|&b| b != 0xFF).ok_or_else(ended)?;
            let marker = bytes[at];
            at += 1;
            if matches!(marker, 0 | 0x01 | 0xD0..=0xD8) {
                continue;
            }
            let length = bytes.get(at..at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])));
            let length = length.filter(|&length| length >= 2).ok_or_else(ended)?;
            let segment = bytes.get(at + 2..at + length).ok_or_else(ended)?;
            if header.segment(marker, segment, at + 2)? {
                return Ok(header);
            }
            at += length;
        }
        Err(DecodeError::Undecodable("it has too many headers".to_owned()))
    }

    /// Takes one segment in; whether it was the first scan's header, after a frame's.
    fn segment(&mut self, marker: u8, segment: &[u8], start: usize) -> Result<bool, DecodeError> {
        match marker {
            0xC0..=0xC2 => self.frame(marker, segment)?,
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Err(DecodeError::Undecodable(
                    "lossless and arithmetic JPEG are not supported".to_owned(),
                ));
            }
            0xE1 if self.exif.is_none() && segment.starts_with(b"Exif\0\0") => {
                self.exif = Some(start..start + segment.len());
            }
            0xDA if self.sampling.is_empty() => {
                return Err(DecodeError::Undecodable("a scan comes before the frame".to_owned()));
            }
            0xDA => {
                self.scanned = segment.first().copied().map_or(0, usize::from);
                return Ok(true);
            }
            0xD9 => return Err(DecodeError::Undecodable("it ends before its pixels".to_owned())),
            _ => {}
        }
        Ok(false)
    }

    fn frame(&mut self, marker: u8, segment: &[u8]) -> Result<(), DecodeError> {
        let bad = |what: &str| DecodeError::Undecodable(what.to_owned());
        let [precision, h1, h2, w1, w2, components, rest @ ..] = segment else {
            return Err(bad("its frame header is too short"));
        };
        if !self.sampling.is_empty() {
            return Err(bad("it has two frames"));
        }
        if *precision != 8 {
            return Err(bad("only 8 bits a sample are supported"));
        }
        if !matches!(components, 1 | 3 | 4) {
            return Err(bad("it has neither 1, 3 nor 4 colour components"));
        }
        let parts = rest.as_chunks::<3>().0;
        self.sampling = parts.iter().map(|p| (usize::from(p[1] >> 4), usize::from(p[1] & 15))).collect();
        let sound = |&(across, down): &(usize, usize)| (1..=4).contains(&across) && (1..=4).contains(&down);
        if self.sampling.len() != usize::from(*components) || !self.sampling.iter().all(sound) {
            return Err(bad("its sampling factors are wrong"));
        }
        self.progressive = marker == 0xC2;
        self.width = usize::from(u16::from_be_bytes([*w1, *w2]));
        self.height = usize::from(u16::from_be_bytes([*h1, *h2]));
        Ok(())
    }

    /// Bytes that decoding allocates: the pixels, and all coefficients as 16-bit numbers where a scan does not hold
    /// all components.
    fn memory(&self) -> usize {
        let pixels = self.width * self.height * 3;
        if !self.progressive && self.scanned == self.sampling.len() {
            return pixels;
        }
        let across = self.sampling.iter().map(|s| s.0).max().unwrap_or(1);
        let down = self.sampling.iter().map(|s| s.1).max().unwrap_or(1);
        let units = self.width.div_ceil(8 * across) * self.height.div_ceil(8 * down);
        let blocks: usize = self.sampling.iter().map(|(across, down)| across * down).sum();
        pixels + units * blocks * 64 * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jpeg_encoder::{ColorType, Encoder};

    fn encoded(width: u16, height: u16, progressive: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 90);
        encoder.set_progressive(progressive);
        let rgb = vec![90; usize::from(width) * usize::from(height) * 3];
        encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
        bytes
    }

    #[test]
    fn the_headers_tell_size_and_cost() {
        let baseline = Header::parse(&encoded(20, 10, false)).unwrap();
        assert_eq!(
            (baseline.width, baseline.height, baseline.progressive, baseline.memory()),
            (20, 10, false, 600)
        );
        let progressive = Header::parse(&encoded(20, 10, true)).unwrap();
        assert!(progressive.progressive && progressive.memory() > 600 + 20 * 10 * 2);
    }

    #[test]
    fn a_declared_giant_is_refused_without_pixels() {
        let mut bytes = encoded(20, 10, false);
        let frame = bytes.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
        bytes[frame + 5..frame + 9].fill(0xFF);
        assert_eq!(decode(&bytes).err().unwrap().code(), "image_too_large");
        bytes[frame + 5..frame + 9].fill(0);
        assert_eq!(decode(&bytes).err().unwrap().code(), "undecodable_image");
        bytes[frame + 1] = 0xC9;
        assert!(decode(&bytes).err().unwrap().to_string().contains("arithmetic"));
    }
}
