//! Fake stages for tests: they answer at once with made-up results; the engine of their `made_by` is `fake`.

use crate::adopt::provenance;
use crate::stage_worker::{StageWorker, Work};
use async_trait::async_trait;
use domain::ports::objects::NewObject;
use domain::{
    Affect, BoundingBox, Distribution, Emotion, Face, Finding, MadeBy, ObjectKey, Outcome, Stage, StageEnd,
    StageOutput, Upload,
};

#[derive(Clone, Copy, Debug)]
pub struct FakeStage(pub Stage);

fn made_by(stage: Stage) -> MadeBy {
    MadeBy { engine: "fake".into(), model: stage.as_str().into(), digest: None, seed: None }
}

fn face() -> Face {
    Face {
        bounding_box: BoundingBox { left: 0.25, top: 0.25, width: 0.5, height: 0.5 },
        confidence: 1.0,
        landmarks: Vec::new(),
        emotions: Distribution::certain(Emotion::Happy),
        emotions_raw: None,
    }
}

fn object(stage: Stage, content_type: &str) -> NewObject {
    NewObject {
        bytes: b"fake".as_slice().into(),
        content_type: content_type.into(),
        metadata: [provenance(&made_by(stage))].into(),
    }
}

impl FakeStage {
    /// The made-up output for this attempt.
    pub fn output(self, upload: &Upload) -> StageOutput {
        let (tenant, id, attempt) = (&upload.tenant_id, upload.upload_id, upload.attempt);
        let mut output =
            StageOutput { made_by: Some(made_by(self.0)), ..StageOutput::bare(Outcome::Succeeded) };
        match self.0 {
            Stage::FaceDetection => {
                output.finding = Some(Finding::Faces { width: 4, height: 4, count: 1, truncated: false });
                output.faces = vec![face()];
                output.objects = vec![(ObjectKey::preview(tenant, id), object(self.0, "image/jpeg"))];
            }
            Stage::EmotionAnalysis => {
                output.finding = Some(Finding::Feeling(Affect::certain(Emotion::Happy)))
            }
            Stage::ImageGeneration | Stage::MelodyGeneration => {
                let types = match self.0 {
                    Stage::ImageGeneration => &["image/jpeg"][..],
                    _ => &["audio/mpeg", "audio/midi"],
                };
                let objects = types.iter().map(|content_type| object(self.0, content_type));
                output.objects =
                    ObjectKey::artefacts(self.0, tenant, id, attempt).into_iter().zip(objects).collect();
            }
            _ => output.made_by = None,
        }
        output
    }
}

#[async_trait]
impl StageWorker for FakeStage {
    fn stage(&self) -> Stage {
        self.0
    }

    async fn run(&self, work: Work<'_>) -> StageEnd {
        StageEnd::Done(Box::new(self.output(work.upload)))
    }
}
