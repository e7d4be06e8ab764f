//! Stages image-generation and melody-generation: a maker turns the photo's emotional state into art.

use crate::adopt::provenance;
use crate::stage_worker::{StageWorker, Work};
use async_trait::async_trait;
use domain::ports::Maker;
use domain::ports::maker::{Art, ArtFile, Artefact, MakerError, Order, Progress};
use domain::ports::objects::NewObject;
use domain::{Code, Finding, ObjectKey, Outcome, Sha256, Stage, StageEnd, StageOutput, Upload};
use std::sync::Arc;

/// One of the two generators.
pub struct Generation {
    stage: Stage,
    art: Art,
    maker: Arc<dyn Maker>,
}

impl Generation {
    pub fn pictures(maker: Arc<dyn Maker>) -> Self {
        Generation { stage: Stage::ImageGeneration, art: Art::Picture, maker }
    }

    pub fn melodies(maker: Arc<dyn Maker>) -> Self {
        Generation { stage: Stage::MelodyGeneration, art: Art::Melody, maker }
    }
}

/// The seed of an upload's stage: the same at every replay, another at each reroll.
pub fn seed(upload: &Upload, stage: Stage) -> u64 {
    let digest = Sha256::of(format!("{}\n{stage}\n{}", upload.upload_id, upload.rerolls).as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest.bytes()[..8]);
    // 53 bits: the seed is shown in JSON, where larger numbers lose digits.
    u64::from_be_bytes(bytes) >> 11
}

/// Names the order to services that know idempotency keys.
fn order_key(upload: &Upload, stage: Stage) -> String {
    let key = format!("{}\n{}\n{}\n{stage}", upload.tenant_id, upload.upload_id, upload.attempt);
    Sha256::of(key.as_bytes()).to_string()
}

#[async_trait]
impl StageWorker for Generation {
    fn stage(&self) -> Stage {
        self.stage
    }

    async fn run(&self, work: Work<'_>) -> StageEnd {
        let upload = work.upload;
        let Some(Finding::Feeling(affect)) = upload.finding(Stage::EmotionAnalysis) else {
            return StageEnd::Retry("emotion-analysis left no feeling".into());
        };
        let progress = match work.pending.and_then(|pending| pending.job.as_ref()) {
            Some(job) => self.maker.poll(job).await,
            None => {
                let seed = seed(upload, self.stage);
                let order = Order { art: self.art, affect: affect.clone(), seed };
                self.maker.submit(order, &order_key(upload, self.stage)).await
            }
        };
        match progress {
            Ok(Progress::Done(artefact)) => done(artefact, upload, self.stage),
            Ok(Progress::Pending { job, after }) => StageEnd::Later { after, job: Some(job) },
            Err(error) => failed(error),
        }
    }
}

fn done(artefact: Artefact, upload: &Upload, stage: Stage) -> StageEnd {
    let keys = ObjectKey::artefacts(stage, &upload.tenant_id, upload.upload_id, upload.attempt);
    if artefact.files.len() != keys.len() {
        return StageEnd::Retry(format!("the maker made {} files", artefact.files.len()).into());
    }
    let made_by = &artefact.made_by;
    let object = |file: ArtFile| NewObject {
        bytes: file.bytes,
        content_type: file.content_type.into(),
        metadata: [provenance(made_by)].into(),
    };
    let objects = keys.into_iter().zip(artefact.files.into_iter().map(object)).collect();
    StageEnd::Done(Box::new(StageOutput {
        made_by: Some(artefact.made_by.clone()),
        objects,
        ..StageOutput::bare(Outcome::Succeeded)
    }))
}

fn failed(error: MakerError) -> StageEnd {
    let detail = error.to_string();
    match error {
        MakerError::Invalid(_) => StageEnd::Reject { code: Code::fixed("invalid_order"), detail },
        MakerError::BadOutput(_) => StageEnd::Retry(detail.into()),
        MakerError::Transient(cause) => StageEnd::Retry(cause),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture;

    #[test]
    fn seeds_are_stable_and_change_with_a_reroll() {
        let upload = fixture::stored();
        let first = seed(&upload, Stage::ImageGeneration);
        assert_eq!(first, seed(&upload, Stage::ImageGeneration));
        assert_ne!(first, seed(&upload, Stage::MelodyGeneration));
        let rerolled = Upload { rerolls: 1, ..upload.clone() };
        assert_ne!(first, seed(&rerolled, Stage::ImageGeneration));
        let replayed = Upload { attempt: 9, ..upload };
        assert_eq!(first, seed(&replayed, Stage::ImageGeneration));
    }

    #[test]
    fn errors_of_makers_end_a_stage() {
        let ends = |error| match failed(error) {
            StageEnd::Reject { code, .. } => format!("reject {code}"),
            StageEnd::Retry(_) => "retry".into(),
            StageEnd::Later { .. } | StageEnd::Done(_) => "neither".into(),
        };
        assert_eq!(ends(MakerError::Invalid("valence 7".into())), "reject invalid_order");
        assert_eq!(ends(MakerError::BadOutput("silence".into())), "retry");
        assert_eq!(ends(MakerError::Transient("no memory".into())), "retry");
    }
}
