//! The five stages. Each name is also a queue, a state of the definition, a resource of the template and a log field.

use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    FaceDetection,
    EmotionAnalysis,
    ImageGeneration,
    MelodyGeneration,
    GalleryIndexing,
}

/// All that a stage is called.
struct Names {
    stage: &'static str,
    dead_letters: &'static str,
    state: &'static str,
}

impl Names {
    const fn new(stage: &'static str, dead_letters: &'static str, state: &'static str) -> Self {
        Names { stage, dead_letters, state }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown stage {0:?}: one of {names}", names = Stage::ALL.map(Stage::as_str).join(", "))]
pub struct UnknownStage(String);

impl Stage {
    /// In the order of the pipeline.
    pub const ALL: [Stage; 5] = [
        Stage::FaceDetection,
        Stage::EmotionAnalysis,
        Stage::ImageGeneration,
        Stage::MelodyGeneration,
        Stage::GalleryIndexing,
    ];

    const fn names(self) -> Names {
        match self {
            Stage::FaceDetection => {
                Names::new("face-detection", "face-detection-dead-letters", "FaceDetection")
            }
            Stage::EmotionAnalysis => {
                Names::new("emotion-analysis", "emotion-analysis-dead-letters", "EmotionAnalysis")
            }
            Stage::ImageGeneration => {
                Names::new("image-generation", "image-generation-dead-letters", "ImageGeneration")
            }
            Stage::MelodyGeneration => {
                Names::new("melody-generation", "melody-generation-dead-letters", "MelodyGeneration")
            }
            Stage::GalleryIndexing => {
                Names::new("gallery-indexing", "gallery-indexing-dead-letters", "GalleryIndexing")
            }
        }
    }

    /// The name in queues, logs and the API.
    pub const fn as_str(self) -> &'static str {
        self.names().stage
    }

    /// The name of its dead-letter queue.
    pub(crate) const fn dead_letters(self) -> &'static str {
        self.names().dead_letters
    }

    /// The name of its state in the definition and of its resources in the template.
    pub const fn state_name(self) -> &'static str {
        self.names().state
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownStage> {
        Stage::ALL
            .into_iter()
            .find(|stage| stage.as_str() == raw)
            .ok_or_else(|| UnknownStage(raw.chars().take(40).collect()))
    }

    /// The stages whose results are made from this one's, directly or not.
    pub fn downstream(self) -> &'static [Stage] {
        match self {
            Stage::FaceDetection => &Stage::ALL[1..],
            Stage::EmotionAnalysis => &Stage::ALL[2..],
            Stage::ImageGeneration | Stage::MelodyGeneration => &Stage::ALL[4..],
            Stage::GalleryIndexing => &[],
        }
    }

    /// The stages that this one's result is made from, directly or not.
    pub fn upstream(self) -> impl Iterator<Item = Stage> {
        Stage::ALL.into_iter().filter(move |stage| stage.downstream().contains(&self))
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for stage in Stage::ALL {
            assert_eq!(Stage::parse(stage.as_str()), Ok(stage));
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
            assert_eq!(stage.state_name().to_lowercase(), stage.as_str().replace('-', ""));
        }
        assert!(Stage::parse("FaceDetection").is_err());
    }

    #[test]
    fn the_generators_do_not_depend_on_each_other() {
        let of = |stage: Stage| stage.upstream().collect::<Vec<_>>();
        assert_eq!(of(Stage::FaceDetection), []);
        assert_eq!(of(Stage::EmotionAnalysis), Stage::ALL[..1]);
        assert_eq!(of(Stage::ImageGeneration), [Stage::FaceDetection, Stage::EmotionAnalysis]);
        assert_eq!(of(Stage::MelodyGeneration), [Stage::FaceDetection, Stage::EmotionAnalysis]);
        assert_eq!(of(Stage::GalleryIndexing), Stage::ALL[..4]);
    }
}
