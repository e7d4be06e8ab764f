//! What the two generators share: an order to a maker, and what becomes of it.

use crate::stage_worker::Work;
use crate::store::provenance;
use domain::ports::Maker;
use domain::ports::maker::{Art, Artefact, MakerError, Order, Progress};
use domain::ports::objects::NewObject;
use domain::{Code, Finding, ObjectKey, Outcome, Stage, StageEnd, StageOutput, Upload};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long to wait when a maker's credentials or credit must be seen to by a person.
const UNTIL_SEEN_TO: Duration = Duration::from_secs(900);

/// The seed of an upload's stage: the same at every replay, another at each reroll.
pub fn seed(upload: &Upload, stage: Stage) -> u64 {
    let digest = Sha256::digest(format!("{}\n{stage}\n{}", upload.upload_id, upload.rerolls));
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&digest[..8]);
    // 53 bits: the seed is told in JSON, where larger numbers lose digits.
    u64::from_be_bytes(bytes) >> 11
}

/// Names the order to services that know idempotency keys.
fn order_key(upload: &Upload, stage: Stage) -> String {
    let key = format!("{}\n{}\n{}\n{stage}", upload.tenant_id, upload.upload_id, upload.attempt);
    domain::Sha256::of(key.as_bytes()).to_string()
}

/// Orders, or asks after what was ordered before. `keys` name the artefact's files.
pub(crate) async fn run(
    maker: &dyn Maker,
    art: Art,
    stage: Stage,
    work: Work<'_>,
    keys: &[ObjectKey],
) -> StageEnd {
    let Some(Finding::Feeling(affect)) = work.upload.finding(Stage::EmotionAnalysis) else {
        return StageEnd::Retry("emotion-analysis left no feeling".into());
    };
    let progress = match work.pending.and_then(|pending| pending.job.as_ref()) {
        Some(job) => maker.poll(job).await,
        None => {
            let order = Order { art, affect: affect.clone(), seed: seed(work.upload, stage), style: None };
            maker.submit(order, &order_key(work.upload, stage)).await
        }
    };
    match progress {
        Ok(Progress::Done(artefact)) => done(artefact, keys),
        Ok(Progress::Pending { job, after }) => StageEnd::Later { after, job: Some(job) },
        Err(error) => failed(error),
    }
}

fn done(artefact: Artefact, keys: &[ObjectKey]) -> StageEnd {
    if artefact.files.len() != keys.len() {
        return StageEnd::Retry(format!("the maker made {} files", artefact.files.len()).into());
    }
    let made_by = &artefact.made_by;
    let object = |file: domain::ports::maker::ArtFile| NewObject {
        bytes: file.bytes,
        content_type: file.content_type.into(),
        metadata: provenance(made_by).into_iter().collect(),
    };
    let objects = keys.iter().cloned().zip(artefact.files.into_iter().map(object)).collect();
    StageEnd::Done(Box::new(StageOutput {
        made_by: Some(artefact.made_by.clone()),
        objects,
        ..StageOutput::bare(Outcome::Succeeded)
    }))
}

fn failed(error: MakerError) -> StageEnd {
    let detail = error.to_string();
    let reject = |code: &str| match Code::parse(code) {
        Ok(code) => StageEnd::Reject { code, detail: detail.clone() },
        Err(error) => StageEnd::Retry(error.into()),
    };
    match error {
        MakerError::RateLimited { after, .. } => StageEnd::Later { after, job: None },
        MakerError::Auth | MakerError::Quota => {
            tracing::error!(detail, "a maker must be seen to");
            StageEnd::Later { after: UNTIL_SEEN_TO, job: None }
        }
        MakerError::Refused { code } => reject(&code),
        MakerError::Invalid(_) => reject("invalid_order"),
        MakerError::Unsupported(_) => reject("unsupported_art"),
        MakerError::Ambiguous | MakerError::BadOutput(_) => StageEnd::Retry(detail.into()),
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
    fn makers_errors_end_as_they_should() {
        let ends = |error| match failed(error) {
            StageEnd::Later { after, .. } => format!("later {}", after.as_secs()),
            StageEnd::Reject { code, .. } => format!("reject {code}"),
            StageEnd::Retry(_) => "retry".into(),
            StageEnd::Done(_) => "done".into(),
        };
        let limited = MakerError::RateLimited { after: Duration::from_secs(7), concurrency: true };
        assert_eq!(ends(limited), "later 7");
        assert_eq!(ends(MakerError::Quota), "later 900");
        assert_eq!(
            ends(MakerError::Refused { code: "moderation_blocked".into() }),
            "reject moderation_blocked"
        );
        assert_eq!(ends(MakerError::Refused { code: "Odd Code".into() }), "retry");
        assert_eq!(ends(MakerError::Ambiguous), "retry");
        assert_eq!(ends(MakerError::Unsupported("polka".into())), "reject unsupported_art");
    }
}
