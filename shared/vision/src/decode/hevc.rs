//! HEVC, the codec of HEIC, by `heifer-hevc-dec`.
//!
//! Patents: HEVC is covered by patents that several pools and companies license, in most countries until the 2030s.
//! No licence comes with this decoder, with its crate or with Semblante. Operators decide whether they need one; the
//! feature `heic`, on by default, leaves the decoder out when it is switched off, and HEIC is then refused by name.

use super::error::DecodeError;
use super::frame::{Coding, Frame, Layout};
use heifer_hevc_dec::decoder::{DecodeOptions, decode_picture};
use heifer_hevc_dec::recon;

pub(super) struct HevcFrame(recon::Frame);

/// Decodes the first picture of a stream whose parameter sets allow no more than `max_pixels`.
pub(super) fn decode(stream: &[u8], max_pixels: usize) -> Result<HevcFrame, DecodeError> {
    let options = DecodeOptions { max_pixels: max_pixels as u64, ..DecodeOptions::default() };
    decode_picture(stream, options).map(HevcFrame).map_err(DecodeError::undecodable)
}

impl HevcFrame {
    /// The colours that the stream names.
    pub fn coding(&self) -> Coding {
        Coding { matrix: u16::from(self.0.matrix_coeffs), full_range: self.0.full_range, ..Coding::UNKNOWN }
    }
}

impl Frame for HevcFrame {
    fn layout(&self) -> Layout {
        Layout {
            width: self.0.widths[0] as usize,
            height: self.0.heights[0] as usize,
            depths: self.0.bit_depth.map(u32::from),
            grey: self.0.widths[1] == 0,
            halved_across: matches!(self.0.chroma_format, 1 | 2),
            halved_down: self.0.chroma_format == 1,
        }
    }

    fn row(&self, plane: usize, y: usize, samples: &mut Vec<i32>) {
        let width = self.0.widths[plane] as usize;
        samples.clear();
        samples
            .extend(self.0.planes[plane][y * width..(y + 1) * width].iter().map(|&sample| i32::from(sample)));
    }
}
