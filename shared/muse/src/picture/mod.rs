//! Affect to picture.

pub mod canvas;
pub mod field;
pub mod jpeg;
pub mod noise;
pub mod oklab;
pub mod palette;
pub mod style;

mod aurora;
mod flow;
mod glass;
mod grade;
mod landscape;

use crate::provenance::{self, Parameters};
use crate::rng::Rng;
use domain::{Affect, MadeBy};
use noise::Noise;
use palette::Palette;
use style::{Brief, Style};

/// How to paint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureSettings {
    /// The style; none: by seed and emotion.
    pub style: Option<Style>,
    /// Pixels along a side, within [`PictureSettings::SIZES`].
    pub size: u16,
}

impl PictureSettings {
    /// The sizes that can be painted.
    pub const SIZES: std::ops::RangeInclusive<u16> = 16..=2048;
}

impl Default for PictureSettings {
    fn default() -> Self {
        PictureSettings { style: None, size: 1024 }
    }
}

/// A finished picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The file, at most [`jpeg::MAX_BYTES`] at the default size.
    pub jpeg: Vec<u8>,
    /// The style it was painted in.
    pub style: Style,
    /// What made it.
    pub made_by: MadeBy,
}

/// Why no picture was made.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// Valence or arousal is NaN or infinite.
    #[error("valence and arousal must be finite")]
    NotFinite,
    /// The size is outside [`PictureSettings::SIZES`].
    #[error("a picture of {0} pixels cannot be painted: 16 to 2048")]
    Size(u16),
    /// The encoder failed.
    #[error("the picture could not be encoded")]
    Encoding(#[from] jpeg_encoder::EncodingError),
}

/// Paints the picture of an affect: the same bytes for the same affect, seed and settings.
pub fn paint(affect: &Affect, seed: u64, settings: &PictureSettings) -> Result<Picture, PictureError> {
    if !affect.valence.is_finite() || !affect.arousal.is_finite() {
        return Err(PictureError::NotFinite);
    }
    if !PictureSettings::SIZES.contains(&settings.size) {
        return Err(PictureError::Size(settings.size));
    }
    let emotion = affect.dominant();
    let style = settings.style.unwrap_or_else(|| Style::choose(emotion, seed));
    let palette = Palette::new(affect, seed);
    let mut canvas = style.paint(&Brief {
        emotion,
        valence: affect.valence.clamp(-1.0, 1.0) as f32,
        arousal: affect.arousal.clamp(-1.0, 1.0) as f32,
        palette: &palette,
        seed,
        size: usize::from(settings.size),
    });
    let grain = Noise::new(Rng::new(seed, "grain").bits());
    let rgb = grade::develop(&mut canvas, &palette, grain);
    let parameters = Parameters { affect, seed, kind: style.as_str(), extent: u32::from(settings.size) };
    let made_by = provenance::made_by(&parameters);
    let jpeg = jpeg::encode(
        &rgb,
        settings.size,
        style == Style::Flow && settings.size > 512,
        &provenance::xmp(&parameters, &made_by),
    )?;
    Ok(Picture { jpeg, style, made_by })
}
