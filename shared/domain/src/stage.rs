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

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown stage {0:?}: one of face-detection, emotion-analysis, image-generation, melody-generation, gallery-indexing"
)]
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

    /// The name in queues, logs and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::FaceDetection => "face-detection",
            Stage::EmotionAnalysis => "emotion-analysis",
            Stage::ImageGeneration => "image-generation",
            Stage::MelodyGeneration => "melody-generation",
            Stage::GalleryIndexing => "gallery-indexing",
        }
    }

    /// The name of its state in the definition and of its resources in the template.
    pub fn state_name(self) -> &'static str {
        match self {
            Stage::FaceDetection => "FaceDetection",
            Stage::EmotionAnalysis => "EmotionAnalysis",
            Stage::ImageGeneration => "ImageGeneration",
            Stage::MelodyGeneration => "MelodyGeneration",
            Stage::GalleryIndexing => "GalleryIndexing",
        }
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
        let upstream: Vec<_> = Stage::MelodyGeneration.upstream().collect();
        assert_eq!(upstream, [Stage::FaceDetection, Stage::EmotionAnalysis]);
        assert_eq!(Stage::GalleryIndexing.upstream().count(), 4);
    }
}
