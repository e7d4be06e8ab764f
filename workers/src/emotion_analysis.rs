//! Stage emotion-analysis: the emotions of all faces become the photo's.

use crate::stage_worker::{StageWorker, Work};
use async_trait::async_trait;
use domain::ports::Faces;
use domain::{Affect, Distribution, Face, Finding, MadeBy, Outcome, Stage, StageEnd, StageOutput};
use std::sync::Arc;

pub struct EmotionAnalysis {
    faces: Arc<dyn Faces>,
}

impl EmotionAnalysis {
    pub fn new(faces: Arc<dyn Faces>) -> Self {
        EmotionAnalysis { faces }
    }
}

/// The photo's emotional state: the mean of its faces' distributions, each weighted by area times confidence, so that a
/// face in front counts for more than a passer-by. None without faces.
pub fn feeling(faces: &[Face]) -> Option<Affect> {
    let weighted = faces.iter().map(|face| (&face.emotions, face.bounding_box.area() * face.confidence));
    Distribution::mean(weighted).map(Affect::new)
}

#[async_trait]
impl StageWorker for EmotionAnalysis {
    fn stage(&self) -> Stage {
        Stage::EmotionAnalysis
    }

    async fn run(&self, work: Work<'_>) -> StageEnd {
        let upload = work.upload;
        let detected = upload.results.get(&Stage::FaceDetection);
        let (Some(detected), Some(Finding::Faces { count, .. })) =
            (detected, upload.finding(Stage::FaceDetection))
        else {
            return StageEnd::Retry("face-detection left no faces".into());
        };
        let faces = match self.faces.get(upload.upload_id, detected.attempt, *count).await {
            Ok(faces) => faces,
            Err(error) => return StageEnd::Retry(error.into()),
        };
        let Some(affect) = feeling(&faces) else {
            return StageEnd::Retry("the face rows are missing".into());
        };
        let (affect, made_by) = match upload.corrected {
            Some(emotion) => (Affect::certain(emotion), Some(MadeBy::owner())),
            None => (affect, detected.made_by.clone()),
        };
        let uncertain = upload.corrected.is_none() && affect.distribution.is_uncertain();
        StageEnd::Done(Box::new(StageOutput {
            outcome: if uncertain { Outcome::Uncertain } else { Outcome::Succeeded },
            made_by,
            finding: Some(Finding::Feeling(affect)),
            faces: Vec::new(),
            objects: Vec::new(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{BoundingBox, Emotion};

    fn face(emotion: Emotion, side: f64, confidence: f64) -> Face {
        Face {
            bounding_box: BoundingBox { left: 0.0, top: 0.0, width: side, height: side },
            confidence,
            landmarks: Vec::new(),
            emotions: Distribution::certain(emotion),
            emotions_raw: None,
        }
    }

    #[test]
    fn the_face_in_front_counts_for_more() {
        let crowd =
            [face(Emotion::Happy, 0.4, 1.0), face(Emotion::Sad, 0.1, 1.0), face(Emotion::Sad, 0.1, 1.0)];
        let affect = feeling(&crowd).unwrap();
        assert_eq!(affect.dominant(), Emotion::Happy);
        assert!((affect.distribution.of(Emotion::Happy) - 0.16 / 0.18).abs() < 1e-9);
        let doubtful = [face(Emotion::Happy, 0.2, 0.1), face(Emotion::Calm, 0.2, 0.9)];
        assert_eq!(feeling(&doubtful).unwrap().dominant(), Emotion::Calm);
        assert_eq!(feeling(&[]), None);
    }
}
