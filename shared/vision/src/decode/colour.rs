//! Decoders' samples to 8-bit sRGB: profiles applied, transparency laid over white.

use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients,
    TransferCharacteristics, Transform8BitExecutor, Transform16BitExecutor, TransformOptions,
};
use std::sync::Arc;

/// The way from a file's 8-bit colours to sRGB.
pub(crate) struct Profile(Arc<Transform8BitExecutor>);

impl Profile {
    /// From an ICC profile of RGB colours. None if it is unusable: a photo with a broken profile is still a photo.
    pub fn of_rgb(icc: &[u8]) -> Option<Self> {
        Profile::new(&parsed(icc, DataColorSpace::Rgb)?, Layout::Rgb)
    }

    /// From an ICC profile of CMYK colours, 255 for full ink.
    pub fn of_cmyk(icc: &[u8]) -> Option<Self> {
        Profile::new(&parsed(icc, DataColorSpace::Cmyk)?, Layout::Rgba)
    }

    /// From colour primaries of ITU-T H.273 with the transfer curve of sRGB. None for sRGB's own primaries, and for
    /// those near them that cameras and encoders name out of habit.
    pub fn of_primaries(primaries: u16) -> Option<Self> {
        let color_primaries = match primaries {
            9 => CicpColorPrimaries::Bt2020,
            11 => CicpColorPrimaries::Smpte431,
            12 => CicpColorPrimaries::Smpte432,
            _ => return None,
        };
        let transfer_characteristics = TransferCharacteristics::Srgb;
        let matrix_coefficients = MatrixCoefficients::Identity;
        let cicp =
            CicpProfile { color_primaries, transfer_characteristics, matrix_coefficients, full_range: true };
        Profile::new(&ColorProfile::new_from_cicp(cicp), Layout::Rgb)
    }

    fn new(source: &ColorProfile, layout: Layout) -> Option<Self> {
        let (srgb, options) = (ColorProfile::new_srgb(), TransformOptions::default());
        source.create_transform_8bit(layout, &srgb, Layout::Rgb, options).ok().map(Profile)
    }

    /// Converts RGB pixels in place.
    pub fn apply(&self, rgb: &mut [u8]) {
        const PIECE: usize = 3 * 1024;
        let mut before = [0; PIECE];
        for piece in rgb.chunks_mut(PIECE) {
            let before = &mut before[..piece.len()];
            before.copy_from_slice(piece);
            // Fails only on lengths that do not match.
            if self.0.transform(before, piece).is_err() {
                piece.copy_from_slice(before);
            }
        }
    }
}

/// The way from a file's 16-bit colours, grey or RGB, to sRGB.
pub(crate) struct WideProfile {
    transform: Arc<Transform16BitExecutor>,
    colours: usize,
}

impl WideProfile {
    /// From an ICC profile for pixels of 1 to 4 channels. None if it is unusable, or of another kind of colours.
    pub fn new(icc: &[u8], channels: usize) -> Option<Self> {
        let (space, layout, colours) = match channels {
            1 | 2 => (DataColorSpace::Gray, Layout::Gray, 1),
            _ => (DataColorSpace::Rgb, Layout::Rgb, 3),
        };
        let (srgb, options) = (ColorProfile::new_srgb(), TransformOptions::default());
        let transform =
            parsed(icc, space)?.create_transform_16bit(layout, &srgb, Layout::Rgb, options).ok()?;
        Some(WideProfile { transform, colours })
    }

    /// RGB of pixels without their opacity.
    fn rgb(&self, samples: &[u16], channels: usize) -> Option<Vec<u8>> {
        let colours: Vec<u16> =
            samples.chunks_exact(channels).flat_map(|pixel| &pixel[..self.colours]).copied().collect();
        let mut rgb = vec![0; samples.len() / channels * 3];
        self.transform.transform(&colours, &mut rgb).ok()?;
        Some(rgb.into_iter().map(|value| ((u32::from(value) * 255 + 32_895) >> 16) as u8).collect())
    }
}

fn parsed(icc: &[u8], space: DataColorSpace) -> Option<ColorProfile> {
    ColorProfile::new_from_slice(icc).ok().filter(|profile| profile.color_space == space)
}

/// Appends pixels of 1 to 4 channels of 16 bits to RGB of 8; opacity is laid over white.
pub(crate) fn narrow(samples: &[u16], channels: usize, profile: Option<&WideProfile>, rgb: &mut Vec<u8>) {
    let narrowed = |samples: &[u16]| samples.iter().map(|sample| (sample >> 8) as u8).collect();
    let Some(colours) = profile.and_then(|profile| profile.rgb(samples, channels)) else {
        return rgb.append(&mut flatten(narrowed(samples), channels));
    };
    let opacity = samples.chunks_exact(channels).map(|pixel| match channels {
        2 | 4 => (pixel[channels - 1] >> 8) as u8,
        _ => u8::MAX,
    });
    let pixels = colours.as_chunks::<3>().0;
    rgb.extend(pixels.iter().zip(opacity).flat_map(|(pixel, opacity)| pixel.map(|c| over_white(c, opacity))));
}

/// 8-bit pixels of 1 to 4 channels (grey, grey and opacity, RGB, RGB and opacity) as RGB.
pub(crate) fn flatten(mut pixels: Vec<u8>, channels: usize) -> Vec<u8> {
    match channels {
        1 => pixels.iter().flat_map(|&grey| [grey; 3]).collect(),
        2 => {
            let pairs = pixels.as_chunks::<2>().0;
            pairs.iter().flat_map(|&[grey, opacity]| [over_white(grey, opacity); 3]).collect()
        }
        3 => pixels,
        _ => {
            let count = pixels.len() / 4;
            for i in 0..count {
                let opacity = pixels[i * 4 + 3];
                for channel in 0..3 {
                    pixels[i * 3 + channel] = over_white(pixels[i * 4 + channel], opacity);
                }
            }
            pixels.truncate(count * 3);
            pixels.shrink_to_fit();
            pixels
        }
    }
}

/// A value of this opacity over white.
pub(crate) fn over_white(value: u8, opacity: u8) -> u8 {
    let (value, opacity) = (u32::from(value), u32::from(opacity));
    ((value * opacity + 255 * (255 - opacity) + 127) / 255) as u8
}

/// CMYK pixels, 255 for full ink, as RGB; without a profile by the plain formula that other decoders use.
pub(crate) fn cmyk_to_rgb(cmyk: Vec<u8>, profile: Option<&Profile>) -> Vec<u8> {
    let mut rgb = vec![0; cmyk.len() / 4 * 3];
    if profile.is_none_or(|profile| profile.0.transform(&cmyk, &mut rgb).is_err()) {
        for (pixel, &[c, m, y, k]) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(cmyk.as_chunks::<4>().0) {
            let light = |ink: u8| (u32::from(255 - ink) * u32::from(255 - k) + 127) / 255;
            *pixel = [c, m, y].map(|ink| light(ink) as u8);
        }
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparency_lies_over_white() {
        let rgba = vec![10, 20, 30, 255, 0, 0, 0, 0, 0, 0, 0, 128];
        assert_eq!(flatten(rgba, 4), [10, 20, 30, 255, 255, 255, 127, 127, 127]);
        assert_eq!(flatten(vec![9, 255, 8, 0], 2), [9, 9, 9, 255, 255, 255]);
        let mut rgb = Vec::new();
        narrow(&[0x0A00, 0xFFFF, 0x0800, 0], 2, None, &mut rgb);
        assert_eq!(rgb, [10, 10, 10, 255, 255, 255]);
    }

    #[test]
    fn profiles_change_colours_and_broken_ones_do_not() {
        let p3 = ColorProfile::new_display_p3().encode().unwrap();
        let mut rgb = vec![255, 0, 0, 100, 100, 100];
        Profile::of_rgb(&p3).unwrap().apply(&mut rgb);
        assert!(rgb[0] == 255 && rgb[1] < 3 && rgb[3..].iter().all(|c| c.abs_diff(100) <= 1), "{rgb:?}");
        let mut dull = vec![200, 100, 100];
        Profile::of_primaries(12).unwrap().apply(&mut dull);
        assert!(dull[0] > 205 && dull[1] < 98, "less saturated in P3: {dull:?}");
        assert!(Profile::of_primaries(1).is_none() && Profile::of_rgb(b"rubbish").is_none());
        assert!(Profile::of_cmyk(&p3).is_none(), "a profile of other colours");
        let wide = WideProfile::new(&p3, 4).unwrap();
        let mut rgb = Vec::new();
        narrow(&[200 * 257, 100 * 257, 100 * 257, 0xFFFF], 4, Some(&wide), &mut rgb);
        assert!(rgb.iter().zip(&dull).all(|(a, b)| a.abs_diff(*b) <= 1), "{rgb:?} {dull:?}");
    }

    #[test]
    fn ink_darkens() {
        let rgb = cmyk_to_rgb(vec![0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 255, 0, 128, 0, 128], None);
        assert_eq!(rgb, [255, 255, 255, 0, 255, 255, 0, 0, 0, 127, 63, 127]);
    }
}
