//! AV1, the codec of AVIF, by `re_rav1d`.

use super::error::DecodeError;
use super::frame::{Coding, Frame, Layout};
use re_rav1d::dav1d::pixel::{ColorPrimaries, MatrixCoefficients, TransferCharacteristic, YUVRange};
use re_rav1d::dav1d::{Decoder, Picture, PixelLayout, PlanarImageComponent, Settings};

/// Frames of a still picture: a hidden one and those of its layers. More would be a video's.
const MAX_FRAMES: usize = 4;
/// Types of units that hold a frame: its header alone, or all of it.
const FRAME_UNITS: [u8; 2] = [3, 6];

pub(super) struct Av1Frame(Picture);

/// Decodes the first shown picture of a stream, no frame of which may have more than `max_pixels`.
pub(super) fn decode(stream: &[u8], max_pixels: usize) -> Result<Av1Frame, DecodeError> {
    // The decoder takes a whole stream in one call: its frames are counted before.
    let frames = units(stream).filter(|kind| FRAME_UNITS.contains(kind)).count();
    if !(1..=MAX_FRAMES).contains(&frames) {
        return Err(DecodeError::undecodable(format!(
            "{frames} frames, at most {MAX_FRAMES} make a picture"
        )));
    }
    let mut settings = Settings::new();
    settings.set_n_threads(1);
    settings.set_max_frame_delay(1);
    settings.set_all_layers(false);
    settings.set_frame_size_limit(u32::try_from(max_pixels).unwrap_or(u32::MAX));
    let mut decoder = Decoder::with_settings(&settings).map_err(DecodeError::undecodable)?;
    let mut sent = decoder.send_data(stream.to_vec(), None, None, None);
    loop {
        match (sent, decoder.get_picture()) {
            (_, Ok(picture)) => return Ok(Av1Frame(picture)),
            // The decoder has taken only a part of the data.
            (Err(rest), Err(none)) if rest.is_again() && none.is_again() => {
                sent = decoder.send_pending_data()
            }
            (Err(error), _) | (_, Err(error)) => return Err(DecodeError::undecodable(error)),
        }
    }
}

/// The types of the units (OBUs) of a stream.
fn units(mut rest: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (&header, after) = rest.split_first()?;
        let (has_extension, has_size) = (header & 4 != 0, header & 2 != 0);
        let mut after = after.get(usize::from(has_extension)..).unwrap_or_default();
        let mut size = after.len();
        if has_size {
            size = 0;
            for shift in (0..56).step_by(7) {
                let (&byte, more) = after.split_first()?;
                after = more;
                size |= usize::from(byte & 0x7F) << shift;
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        rest = after.get(size..).unwrap_or_default();
        Some(header >> 3 & 15)
    })
}

impl Av1Frame {
    /// The colours that the stream names.
    pub fn coding(&self) -> Coding {
        let primaries = match self.0.color_primaries() {
            ColorPrimaries::BT2020 => 9,
            ColorPrimaries::P3DCI => 11,
            ColorPrimaries::P3Display => 12,
            _ => Coding::UNKNOWN.primaries,
        };
        let transfer = match self.0.transfer_characteristic() {
            TransferCharacteristic::PerceptualQuantizer => 16,
            TransferCharacteristic::HybridLogGamma => 18,
            _ => Coding::UNKNOWN.transfer,
        };
        let matrix = match self.0.matrix_coefficients() {
            MatrixCoefficients::Identity => 0,
            MatrixCoefficients::BT709 => 1,
            MatrixCoefficients::BT470M => 4,
            MatrixCoefficients::ST240M => 7,
            MatrixCoefficients::YCgCo => 8,
            MatrixCoefficients::BT2020NonConstantLuminance | MatrixCoefficients::BT2020ConstantLuminance => 9,
            _ => Coding::UNKNOWN.matrix,
        };
        let full_range = self.0.color_range() == YUVRange::Full;
        Coding { primaries, transfer, matrix, full_range }
    }
}

impl Frame for Av1Frame {
    fn layout(&self) -> Layout {
        let layout = self.0.pixel_layout();
        Layout {
            width: self.0.width() as usize,
            height: self.0.height() as usize,
            depths: [self.0.bit_depth() as u32; 2],
            grey: layout == PixelLayout::I400,
            halved_across: matches!(layout, PixelLayout::I420 | PixelLayout::I422),
            halved_down: layout == PixelLayout::I420,
        }
    }

    fn row(&self, plane: usize, y: usize, samples: &mut Vec<i32>) {
        let component = PlanarImageComponent::from(plane);
        // In bytes, whatever the crate says.
        let stride = self.0.stride(component) as usize;
        let layout = self.layout();
        let width = if plane > 0 && layout.halved_across { layout.width.div_ceil(2) } else { layout.width };
        let data = self.0.plane(component);
        let row = &data[y * stride..(y + 1) * stride];
        samples.clear();
        match layout.depths[0] {
            8 => samples.extend(row[..width].iter().map(|&sample| i32::from(sample))),
            _ => {
                let pairs = row.as_chunks().0[..width].iter();
                samples.extend(pairs.map(|pair| i32::from(u16::from_ne_bytes(*pair))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_walked_by_their_sizes() {
        for (stream, kinds) in [
            (&[0x12, 0, 0x0A, 2, 1, 1, 0x32, 1, 9][..], &[2, 1, 6][..]),
            (&[0x0A, 0x82, 0x00, 1, 1, 0x1E, 7, 0], &[1, 3]),
            (&[0x30, 1, 2, 3], &[6]),
            (&[0x32, 0xFF, 0xFF], &[]),
            (&[0x32, 99, 1], &[6]),
            (&[], &[]),
        ] {
            assert_eq!(units(stream).collect::<Vec<_>>(), kinds, "{stream:?}");
        }
    }

    #[test]
    fn a_video_is_refused() {
        let frames = [0x32, 1, 0].repeat(MAX_FRAMES + 1);
        assert!(decode(&frames, 100).err().unwrap().to_string().contains("5 frames"));
        assert!(decode(&[], 100).err().unwrap().to_string().contains("0 frames"));
        assert!(decode(&[0x32, 1, 0], 100).is_err());
    }
}
