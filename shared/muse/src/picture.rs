//! Affect to picture.

pub mod oklab;
pub mod palette;
pub mod style;

mod aurora;
mod canvas;
mod encoding;
mod flow;
mod glass;
mod grade;
mod landscape;
mod noise;
mod panes;

use crate::provenance::{self, Parameters};
use crate::rng::Rng;
use domain::{Affect, MadeBy};
use noise::Noise;
use palette::Palette;
use style::{Brief, Style};

/// Parameters of a picture besides its affect and seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureSettings {
    /// `None`: chosen by seed and emotion.
    pub style: Option<Style>,
    /// Pixels along a side, within [`PictureSettings::SIZES`].
    pub size: u16,
}

impl PictureSettings {
    /// The sizes that [`paint`] accepts.
    pub const SIZES: std::ops::RangeInclusive<u16> = 16..=2048;
}

impl Default for PictureSettings {
    fn default() -> Self {
        PictureSettings { style: None, size: 1024 }
    }
}

/// A finished picture: its pixels, and what made them.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// The requested style, or the one chosen by seed and emotion.
    pub style: Style,
    /// The provenance that is stored with it; the files carry it too.
    pub made_by: MadeBy,
    size: u16,
    rgb: Vec<u8>,
    xmp: String,
}

impl Picture {
    /// sRGB bytes, row by row.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// A JPEG file of at most 120,000 bytes at the default size, with its provenance as XMP.
    pub fn jpeg(&self) -> Result<Vec<u8>, PictureError> {
        let fine = self.style == Style::Flow && self.size > 512;
        Ok(encoding::jpeg(&self.rgb, self.size, fine, &self.xmp)?)
    }

    /// A PNG file with exactly these pixels and the same provenance as the JPEG; about ten times as large.
    pub fn png(&self) -> Result<Vec<u8>, PictureError> {
        Ok(encoding::png(&self.rgb, self.size, &self.xmp)?)
    }
}

/// Why no picture was made.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum PictureError {
    #[error("valence and arousal must be finite")]
    NotFinite,
    /// The size is outside [`PictureSettings::SIZES`].
    #[error("a picture of {0} pixels cannot be painted: 16 to 2048")]
    Size(u16),
    #[error("the picture could not be encoded as JPEG")]
    Jpeg(#[from] jpeg_encoder::EncodingError),
    #[error("the picture could not be encoded as PNG")]
    Png(#[from] png::EncodingError),
}

/// Paints the picture of an affect: the same pixels for the same affect, seed and settings. Valence and arousal are
/// clamped to -1..1.
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
    let brief = Brief {
        emotion,
        valence: affect.valence.clamp(-1.0, 1.0) as f32,
        arousal: affect.arousal.clamp(-1.0, 1.0) as f32,
        palette: &palette,
        seed,
        size: usize::from(settings.size),
    };
    let mut canvas = match style {
        Style::Landscape => landscape::paint(&brief),
        Style::Flow => flow::paint(&brief),
        Style::Glass => glass::paint(&brief),
        Style::Aurora => aurora::paint(&brief),
    };
    let grain = Noise::new(Rng::new(seed, "grain").bits());
    let rgb = grade::develop(&mut canvas, &palette, grain);
    let parameters = Parameters { affect, seed, kind: style.as_str(), extent: u32::from(settings.size) };
    let made_by = provenance::made_by(&parameters);
    let xmp = provenance::xmp(&parameters, &made_by);
    Ok(Picture { style, made_by, size: settings.size, rgb, xmp })
}
