//! The styles of pictures by name, and what a style is given.

use super::palette::Palette;
use crate::rng::Rng;
use domain::Emotion;
use std::fmt;

/// How a picture is composed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Hills, water, trees and weather in layers, in one of five layouts.
    Landscape,
    /// Brush strokes along a field of directions.
    Flow,
    /// A window of leaded glass.
    Glass,
    /// Curtains of light over a dark shore.
    Aurora,
}

/// The name of a style that does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown style {0:?}: one of landscape, flow, glass, aurora")]
pub struct UnknownStyle(pub String);

/// What every style paints from.
pub(super) struct Brief<'a> {
    pub(super) emotion: Emotion,
    /// Within -1..1, as arousal.
    pub(super) valence: f32,
    pub(super) arousal: f32,
    pub(super) palette: &'a Palette,
    pub(super) seed: u64,
    /// Pixels along a side.
    pub(super) size: usize,
}

impl Style {
    /// In the order of the command's help.
    pub const ALL: [Style; 4] = [Style::Landscape, Style::Flow, Style::Glass, Style::Aurora];

    /// The name in settings, orders and provenance.
    pub fn as_str(self) -> &'static str {
        match self {
            Style::Landscape => "landscape",
            Style::Flow => "flow",
            Style::Glass => "glass",
            Style::Aurora => "aurora",
        }
    }

    /// Accepts a name in any case.
    pub fn parse(name: &str) -> Result<Self, UnknownStyle> {
        Style::ALL
            .into_iter()
            .find(|style| style.as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownStyle(name.chars().take(40).collect()))
    }

    /// The style of a seed if none is requested. UNKNOWN has no scene of its own and prefers aurora.
    pub fn choose(emotion: Emotion, seed: u64) -> Self {
        let weights = match emotion {
            Emotion::Unknown => [1.0, 1.0, 1.0, 4.0],
            Emotion::Angry | Emotion::Confused => [2.0, 2.0, 1.0, 1.0],
            _ => [3.0, 1.5, 1.5, 1.5],
        };
        Style::ALL[Rng::new(seed, "style").weighted(&weights)]
    }
}

impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for style in Style::ALL {
            assert_eq!(Style::parse(&style.as_str().to_uppercase()), Ok(style));
        }
        assert!(Style::parse("oil").is_err());
    }

    #[test]
    fn seeds_choose_every_style_and_unknown_prefers_aurora() {
        for emotion in Emotion::ALL {
            let chosen: Vec<Style> = (0..400).map(|seed| Style::choose(emotion, seed)).collect();
            let count = |style| chosen.iter().filter(|chosen| **chosen == style).count();
            assert!(Style::ALL.into_iter().all(|style| count(style) > 20), "{emotion}");
            assert!(emotion != Emotion::Unknown || count(Style::Aurora) > 180);
        }
    }
}
