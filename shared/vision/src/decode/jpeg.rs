//! JPEG: a walk over the markers tells what decoding costs and which decoder reads the file; `zune-jpeg` decodes the
//! common ones, `jpeg-decoder` those that zune misreads and, at a smaller scale, those that are too large for it.

mod header;
mod repair;

use super::Decoded;
use super::colour::{self, Profile};
use super::error::{DecodeError, check_memory, check_sides};
use super::source::{Cancel, Source};
use crate::limits::{MAX_JPEG_PIXELS, MAX_MEMORY, MAX_PIXELS};
use crate::orientation::Orientation;
use crate::picture::{Picture, WORKING_SIDE};
use header::{Header, Process, Scans};
use jpeg_decoder::ColorTransform;
use repair::repaired;
use std::io::Read;
use std::ops::Range;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;

/// Scans of a progressive picture; encoders write about ten. A sequential one has one for each component at most.
const MAX_SCANS: usize = 40;
/// Bytes a pixel that the lossless decoder takes: samples and their differences.
const LOSSLESS_BYTES: usize = 24;

/// Decodes a JPEG. Pixels missing at the end come out grey, as in other decoders: much of the photo may be there.
pub(super) fn decode(bytes: &[u8], cancel: &Cancel) -> Result<Decoded, DecodeError> {
    let mut header = Header::parse(bytes)?;
    let scans = Scans::parse(bytes, header.scan_at);
    let bytes = repaired(bytes, &mut header, &scans);
    check_sides(header.width, header.height, MAX_JPEG_PIXELS.min(cancel.max_pixels()))?;
    let max_scans = if header.process == Process::Progressive { MAX_SCANS } else { header.components.len() };
    if scans.count > max_scans {
        return Err(DecodeError::undecodable(format!("{} scans, at most {max_scans}", scans.count)));
    }
    let orientation = Orientation::from_metadata(part(&bytes, &header.exif), part(&bytes, &header.xmp));
    let picture = match header.fits_zune() {
        true => common(&bytes, &header)?,
        false => scaled(&bytes, &header, cancel)?,
    };
    Ok(Decoded { picture, orientation })
}

fn part<'a>(bytes: &'a [u8], range: &Option<Range<usize>>) -> &'a [u8] {
    range.clone().and_then(|range| bytes.get(range)).unwrap_or_default()
}

/// Whether a file is a JPEG of 1 or 3 components that every decoder reads alike: nothing is repaired or rerouted, and
/// EXIF alone says how it is turned.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    Header::parse(bytes).is_ok_and(|header| {
        let exif = part(bytes, &header.exif);
        let turned_by_xmp = Orientation::from_metadata(exif, part(bytes, &header.xmp))
            != Orientation::from_metadata(exif, b"");
        let scans = Scans::parse(bytes, header.scan_at);
        let repaired = !header.has_huffman_tables
            || header.short_adobe.is_some()
            || scans.lines.is_some()
            || scans.cut_at.is_some();
        header.fits_zune() && !repaired && !turned_by_xmp
    })
}

/// Decodes with zune-jpeg, at full size.
fn common(bytes: &[u8], header: &Header) -> Result<Picture, DecodeError> {
    let options = DecoderOptions::new_fast()
        .set_max_width(header.width)
        .set_max_height(header.height)
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(DecodeError::undecodable)?;
    let agreed = decoder.info().map(|info| (usize::from(info.width), usize::from(info.height)));
    if agreed != Some((header.width, header.height)) {
        return Err(DecodeError::undecodable("it declares its size twice"));
    }
    let rgb = decoder.decode().map_err(DecodeError::undecodable)?;
    Picture::new(header.width, header.height, rgb).ok_or_else(DecodeError::missing_pixels)
}

/// Decodes with jpeg-decoder, at the scale that [`Header::divisor`] chooses.
fn scaled(bytes: &[u8], header: &Header, cancel: &Cancel) -> Result<Picture, DecodeError> {
    let divisor = header.divisor()?;
    // An endless end: what is missing of a truncated file is decoded as zeros.
    let padded = Source::new(bytes, cancel).chain(EndMarkers(0));
    let mut decoder = jpeg_decoder::Decoder::new(padded);
    decoder.set_color_transform(header.transform());
    decoder.set_max_decoding_buffer_size(MAX_MEMORY);
    let part = |length: usize| length.div_ceil(divisor);
    let (width, height) = (part(header.width), part(header.height));
    if header.process != Process::Lossless {
        decoder.scale(width as u16, height as u16).map_err(DecodeError::undecodable)?;
    }
    let pixels = decoder.decode().map_err(DecodeError::undecodable)?;
    let info = decoder.info().map(|info| (usize::from(info.width), usize::from(info.height)));
    if info != Some((width, height)) {
        return Err(DecodeError::undecodable("it declares its size twice"));
    }
    let rgb = match header.components.len() {
        1 => colour::flatten(pixels, 1),
        3 => pixels,
        _ => ink(pixels, header, bytes),
    };
    let picture = Picture::new(width, height, rgb).ok_or_else(DecodeError::missing_pixels)?;
    Ok(picture.of_original(header.width, header.height))
}

/// CMYK to RGB, by the file's profile if that can be used.
fn ink(mut cmyk: Vec<u8>, header: &Header, bytes: &[u8]) -> Vec<u8> {
    // jpeg-decoder takes samples for inverted, which only Adobe's are.
    if header.adobe.is_none() {
        cmyk.iter_mut().for_each(|sample| *sample = 255 - *sample);
    }
    let profile = header.profile(bytes).and_then(|icc| Profile::of_cmyk(&icc));
    colour::cmyk_to_rgb(cmyk, profile.as_ref())
}

/// End markers without end, for a decoder that reads on.
struct EndMarkers(u8);

impl Read for EndMarkers {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        for byte in buffer.iter_mut() {
            self.0 = if self.0 == 0xFF { 0xD9 } else { 0xFF };
            *byte = self.0;
        }
        Ok(buffer.len())
    }
}

impl Header {
    /// Whether zune-jpeg reads such files rightly, and at full size within the limits.
    fn fits_zune(&self) -> bool {
        let pixels = self.width * self.height;
        let memory = pixels * 3 + if self.process == Process::Progressive { self.coefficients() } else { 0 };
        !self.is_odd() && pixels <= MAX_PIXELS && memory <= MAX_MEMORY
    }

    /// Kinds that zune-jpeg 0.5.15 misreads or refuses.
    fn is_odd(&self) -> bool {
        let separate = self.process == Process::Sequential && self.scanned < self.components.len();
        let false_rgb = self.components.len() == 3 && self.jfif && self.adobe == Some(0);
        separate
            || false_rgb
            || self.has_rare_sampling()
            || self.components.len() == 4
            || self.process == Process::Lossless
    }

    /// A factor other than 1, 2 and 4, chroma finer than luma, or two kinds of chroma.
    fn has_rare_sampling(&self) -> bool {
        let factors = |&(_, across, down): &(u8, usize, usize)| (across, down);
        let all: Vec<_> = self.components.iter().map(factors).collect();
        let [luma, chroma, rest @ ..] = &all[..] else { return false };
        all.iter().any(|&(across, down)| across == 3 || down == 3)
            || all.iter().any(|&(across, down)| across > luma.0 || down > luma.1)
            || (all.len() == 3 && rest[0] != *chroma)
    }

    /// Bytes of all coefficients, as 16-bit numbers.
    fn coefficients(&self) -> usize {
        self.blocks() * 64 * 2
    }

    /// By how much each side is divided: as much as leaves [`WORKING_SIDE`], and more if memory demands it.
    fn divisor(&self) -> Result<usize, DecodeError> {
        if self.process == Process::Lossless {
            check_memory(self.width, self.height, self.width * self.height * LOSSLESS_BYTES)?;
            return Ok(1);
        }
        let longest = self.width.max(self.height);
        let enough = [8, 4, 2].into_iter().find(|divisor| longest.div_ceil(*divisor) >= WORKING_SIDE);
        let from = enough.unwrap_or(1);
        let smallest = [1, 2, 4, 8].into_iter().find(|&n| n >= from && self.memory(n) <= MAX_MEMORY);
        smallest.map_or_else(|| check_memory(self.width, self.height, self.memory(8)).map(|()| 8), Ok)
    }

    /// Bytes that jpeg-decoder allocates for a picture of a `divisor`th: pixels, planes, and coefficients, which a
    /// progressive picture keeps.
    fn memory(&self, divisor: usize) -> usize {
        let area = divisor * divisor;
        let pixels = self.width.div_ceil(divisor) * self.height.div_ceil(divisor) * self.components.len();
        let kept = if self.process == Process::Progressive { self.coefficients() } else { 0 };
        pixels + (self.blocks() * 64).div_ceil(area) + kept
    }

    /// The colours of the samples, by the rules of libjpeg.
    fn transform(&self) -> ColorTransform {
        let names: Vec<u8> = self.components.iter().map(|component| component.0).collect();
        match (names.as_slice(), self.adobe) {
            ([_], _) => ColorTransform::Grayscale,
            (_, Some(2)) if names.len() == 4 => ColorTransform::YCCK,
            ([_, _, _, _], _) => ColorTransform::CMYK,
            _ if self.jfif => ColorTransform::YCbCr,
            (_, Some(0)) | (b"RGB", None) => ColorTransform::RGB,
            _ => ColorTransform::YCbCr,
        }
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

    fn sized(width: usize, height: usize, process: Process) -> Header {
        let components = vec![(1, 2, 2), (2, 1, 1), (3, 1, 1)];
        Header { width, height, process, components, scanned: 3, ..Header::default() }
    }

    #[test]
    fn headers_declare_size_and_cost() {
        for progressive in [false, true] {
            let bytes = encoded(20, 10, progressive);
            let header = Header::parse(&bytes).unwrap();
            assert_eq!((header.width, header.height), (20, 10));
            assert_eq!(header.process == Process::Progressive, progressive);
            assert!(header.has_huffman_tables && header.jfif && header.fits_zune());
            assert_eq!(Scans::parse(&bytes, header.scan_at).count > 1, progressive);
        }
    }

    #[test]
    fn the_scale_follows_from_size_and_memory() {
        use Process::{Progressive, Sequential};
        for (width, height, process, divisor) in [
            (8000, 6000, Sequential, None),
            (8256, 5504, Progressive, Some(2)),
            (16_382, 200, Sequential, None),
            (16_380, 3900, Sequential, Some(2)),
            (16_384, 3900, Sequential, Some(4)),
            (30_000, 6600, Sequential, Some(4)),
            (16_320, 12_240, Sequential, Some(2)),
            (9500, 8800, Progressive, Some(8)),
        ] {
            let header = sized(width, height, process);
            let chosen = if header.fits_zune() { None } else { Some(header.divisor().unwrap()) };
            assert_eq!(chosen, divisor, "{width} × {height} {process:?}");
        }
        let error = sized(12_000, 8_000, Progressive).divisor().unwrap_err();
        assert!(error.to_string().contains("at most 256"), "{error}");
    }

    #[test]
    fn a_segment_without_end_and_a_short_adobe_segment_do_not_matter() {
        let plain = encoded(20, 10, false);
        let whole = super::decode(&plain, &Cancel::default()).unwrap().picture;
        assert!(is_plain(&plain));
        let endless = [&plain[..plain.len() - 2], b"\xFF\xFE\x40\0 no end"].concat();
        let short = [&plain[..2], b"\xFF\xEE\0\x0DAdobe\0\x64\0\0\0\0", &plain[2..]].concat();
        for bytes in [endless, short] {
            assert!(!is_plain(&bytes));
            assert_eq!(super::decode(&bytes, &Cancel::default()).unwrap().picture, whole);
        }
    }

    #[test]
    fn a_picture_that_only_xmp_turns_is_turned_and_not_plain() {
        let plain = encoded(20, 10, false);
        let packet = b"http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation=\"6\"/>";
        let length = (packet.len() as u16 + 2).to_be_bytes();
        let turned = [&plain[..2], b"\xFF\xE1", &length, packet, &plain[2..]].concat();
        let decoded = super::decode(&turned, &Cancel::default()).unwrap();
        assert_eq!(decoded.orientation, Orientation::QuarterRight);
        assert!(!is_plain(&turned));
    }

    #[test]
    fn a_declared_giant_is_refused_without_pixels() {
        let decode = |bytes: &[u8]| super::decode(bytes, &Cancel::default());
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
