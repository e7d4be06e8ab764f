//! GIF, BMP and TIFF, by the `image` crate: the first picture, 16 bits reduced to 8 by their profile.

use super::Decoded;
use super::colour::{self, WideProfile};
use super::error::{DecodeError, check_size};
use super::source::{Cancel, Source};
use crate::limits::MAX_MEMORY;
use crate::orientation::{Orientation, tag};
use crate::picture::Picture;
use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, tiff::TiffDecoder};
use image::{ColorType, ImageDecoder, ImageError, Limits};

/// TIFF's tags of a reduced picture, of a DNG's version, and the bit of the former that says so.
const NEW_SUBFILE_TYPE: u16 = 254;
const DNG_VERSION: u16 = 50_706;
const REDUCED: u32 = 1;

/// Decodes the first frame of a GIF, composed on its screen.
pub(super) fn gif(bytes: &[u8], cancel: &Cancel) -> Result<Decoded, DecodeError> {
    read(GifDecoder::new(Source::new(bytes, cancel)).map_err(undecodable)?, cancel)
}

pub(super) fn bmp(bytes: &[u8], cancel: &Cancel) -> Result<Decoded, DecodeError> {
    read(BmpDecoder::new(Source::new(bytes, cancel)).map_err(undecodable)?, cancel)
}

/// Decodes the first page of a TIFF. A camera's raw file, whose first page is a thumbnail, is refused by name.
pub(super) fn tiff(bytes: &[u8], cancel: &Cancel) -> Result<Decoded, DecodeError> {
    let reduced = tag(bytes, NEW_SUBFILE_TYPE).is_some_and(|kind| kind & REDUCED != 0);
    if reduced || tag(bytes, DNG_VERSION).is_some() || bytes.get(8..10) == Some(b"CR") {
        return Err(DecodeError::raw_file());
    }
    read(TiffDecoder::new(Source::new(bytes, cancel)).map_err(undecodable)?, cancel)
}

fn read(mut decoder: impl ImageDecoder, cancel: &Cancel) -> Result<Decoded, DecodeError> {
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    // The decoder's own buffer, the pixels that it gives, and the picture.
    let given = usize::try_from(decoder.total_bytes()).unwrap_or(usize::MAX);
    check_size(cancel, (width, height), given.saturating_mul(2))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY as u64);
    decoder.set_limits(limits).map_err(undecodable)?;
    let orientation = decoder.orientation().map_err(undecodable)?.to_exif();
    let color = decoder.color_type();
    let channels = usize::from(color.channel_count());
    let icc = decoder.icc_profile().ok().flatten();
    let mut pixels = vec![0; given];
    decoder.read_image(&mut pixels).map_err(undecodable)?;
    let rgb = match color {
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => {
            colour::flatten(pixels, channels)
        }
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => {
            let profile = icc.and_then(|icc| WideProfile::new(&icc, channels));
            let mut rgb = Vec::with_capacity(width * height * 3);
            for row in pixels.chunks_exact(width * channels * 2) {
                let samples: Vec<u16> =
                    row.as_chunks().0.iter().map(|pair| u16::from_ne_bytes(*pair)).collect();
                colour::narrow(&samples, channels, profile.as_ref(), &mut rgb);
            }
            rgb
        }
        _ => return Err(DecodeError::undecodable("samples of 32 bits are not supported")),
    };
    let picture = Picture::new(width, height, rgb).ok_or_else(DecodeError::missing_pixels)?;
    Ok(Decoded { picture, orientation: Orientation::from_tag(u32::from(orientation)) })
}

fn undecodable(error: ImageError) -> DecodeError {
    match error {
        ImageError::Limits(_) => {
            DecodeError::TooLarge(format!("it takes more than {} MiB to decode", MAX_MEMORY >> 20))
        }
        other => DecodeError::undecodable(other),
    }
}
