//! The emotions of faces, photos and artefacts: Rekognition's nine words.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One of Rekognition's emotions, in its spelling (`HAPPY`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Emotion {
    Happy,
    Sad,
    Angry,
    Confused,
    Disgusted,
    Surprised,
    Calm,
    Fear,
    Unknown,
}

/// A coarse reading of an emotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    Pleasant,
    Neutral,
    Unpleasant,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown emotion {0:?}: one of HAPPY SAD ANGRY CONFUSED DISGUSTED SURPRISED CALM FEAR UNKNOWN")]
pub struct UnknownEmotion(pub String);

impl Emotion {
    /// All of them, in Rekognition's order.
    pub const ALL: [Emotion; 9] = [
        Emotion::Happy,
        Emotion::Sad,
        Emotion::Angry,
        Emotion::Confused,
        Emotion::Disgusted,
        Emotion::Surprised,
        Emotion::Calm,
        Emotion::Fear,
        Emotion::Unknown,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Emotion::Happy => "HAPPY",
            Emotion::Sad => "SAD",
            Emotion::Angry => "ANGRY",
            Emotion::Confused => "CONFUSED",
            Emotion::Disgusted => "DISGUSTED",
            Emotion::Surprised => "SURPRISED",
            Emotion::Calm => "CALM",
            Emotion::Fear => "FEAR",
            Emotion::Unknown => "UNKNOWN",
        }
    }

    /// SURPRISED may be either, so it is neutral like CALM.
    pub fn tone(self) -> Tone {
        match self {
            Emotion::Happy => Tone::Pleasant,
            Emotion::Calm | Emotion::Surprised | Emotion::Unknown => Tone::Neutral,
            Emotion::Sad | Emotion::Angry | Emotion::Fear | Emotion::Disgusted | Emotion::Confused => {
                Tone::Unpleasant
            }
        }
    }

    /// Reads a word in any case.
    pub fn parse(word: &str) -> Result<Self, UnknownEmotion> {
        Emotion::ALL
            .into_iter()
            .find(|emotion| emotion.as_str().eq_ignore_ascii_case(word))
            .ok_or_else(|| UnknownEmotion(word.chars().take(40).collect()))
    }

    /// The emotion's point in Russell's circumplex: (valence, arousal), each -1..1. UNKNOWN is the origin.
    pub fn point(self) -> (f64, f64) {
        match self {
            Emotion::Happy => (0.8, 0.5),
            Emotion::Sad => (-0.65, -0.5),
            Emotion::Calm => (0.6, -0.6),
            Emotion::Angry => (-0.6, 0.8),
            Emotion::Fear => (-0.7, 0.6),
            Emotion::Surprised => (0.3, 0.8),
            Emotion::Confused => (-0.2, 0.2),
            Emotion::Disgusted => (-0.6, 0.3),
            Emotion::Unknown => (0.0, 0.0),
        }
    }
}

impl fmt::Display for Emotion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_parses_back_in_any_case() {
        for emotion in Emotion::ALL {
            assert_eq!(Emotion::parse(emotion.as_str()), Ok(emotion));
            assert_eq!(Emotion::parse(&emotion.as_str().to_lowercase()), Ok(emotion));
            assert_eq!(serde_json::to_value(emotion).unwrap(), emotion.as_str());
        }
        assert!(Emotion::parse("MERRY").is_err());
    }

    #[test]
    fn points_lie_in_the_unit_square() {
        for emotion in Emotion::ALL {
            let (valence, arousal) = emotion.point();
            assert!(valence.abs() <= 1.0 && arousal.abs() <= 1.0, "{emotion}");
        }
    }
}
