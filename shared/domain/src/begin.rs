//! Orders to begin an attempt. Replays, redrives, corrections and promotions all go this one way.

use crate::emotion::Emotion;
use crate::owner::TenantId;
use crate::sha256::Sha256;
use crate::stage::Stage;
use crate::upload::{Replace, Upload};
use crate::upload_id::UploadId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most bytes of [`Begin::reason`] that callers accept.
pub const MAX_REASON: usize = 500;

/// Which results a new attempt may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Results that are good and not made from one that is not.
    Resume,
    /// Results that are neither this stage's nor made from it.
    FromStage(Stage),
}

/// A message on queue `uploads` that begins an attempt. The same `id` again begins nothing new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    pub id: Uuid,
    pub tenant_id: TenantId,
    pub upload_id: UploadId,
    /// The attempt that the sender read. If the record is at another one, the order is refused as stale.
    pub expect_attempt: u32,
    #[serde(flatten)]
    pub scope: Scope,
    /// Whether a running attempt is stopped for this one.
    #[serde(default)]
    pub supersede: bool,
    #[serde(default)]
    pub replace: Replace,
    /// The emotion that counts from now on, whatever is analysed; emotion-analysis and everything downstream is made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<Emotion>,
    /// Whether an upload for its faces only becomes a photo: the stages that were never run for it are run. Any other kind
    /// is left as it is.
    #[serde(default)]
    pub promote: bool,
    /// Whether generated art gets a new seed.
    #[serde(default)]
    pub reroll: bool,
    /// Whether live uploads go first.
    #[serde(default)]
    pub replay: bool,
    /// A sentence for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The user or operator that sent the order, for the audit.
    pub actor: String,
    /// W3C trace context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// Why an attempt was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginRefused {
    /// The order does not say `supersede`.
    #[error("a run is in progress")]
    RunInProgress,
    #[error("the upload is at another attempt")]
    Stale,
    /// The upload has no object: never uploaded, expired or refused.
    #[error("nothing is stored for this upload")]
    NothingStored,
    /// No face was found, or there is no photo.
    #[error("there is no analysed emotion to correct")]
    NothingToCorrect,
}

/// An order for an upload's next attempt, with its effects on the record.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    pub begin: Begin,
    /// The attempt that the order begins.
    pub attempt: u32,
    /// The stages with results that the attempt keeps.
    pub kept: Vec<Stage>,
    /// The stages with results that the attempt removes.
    pub removed: Vec<Stage>,
}

impl Begin {
    /// An order to make again what is not good, behind live uploads. The other orders are this one with some fields
    /// changed.
    pub fn resume(id: Uuid, upload: &Upload, actor: impl Into<String>) -> Self {
        Begin {
            id,
            tenant_id: upload.tenant_id.clone(),
            upload_id: upload.upload_id,
            expect_attempt: upload.attempt,
            scope: Scope::Resume,
            supersede: false,
            replace: Replace::AtLeastAsGood,
            correct: None,
            promote: false,
            reroll: false,
            replay: true,
            reason: None,
            actor: actor.into(),
            traceparent: None,
        }
    }

    /// An order to go on as a photo with an upload for its faces only. Each sender makes the same order of the same attempt.
    pub fn promote(upload: &Upload, traceparent: Option<&str>) -> Self {
        let words = format!("promotion\n{}\n{}", upload.upload_id, upload.attempt);
        Begin {
            supersede: true,
            promote: true,
            replay: false,
            reason: Some("sent as a photo".into()),
            traceparent: traceparent.map(str::to_owned),
            ..Begin::resume(Sha256::of(words.as_bytes()).to_uuid(), upload, upload.user_id.as_str())
        }
    }
}

impl Replay {
    /// Tries `begin` on a copy of the upload. Errors: [`BeginRefused`].
    pub fn plan(upload: &Upload, begin: Begin, now: Timestamp) -> Result<Self, BeginRefused> {
        let mut tried = upload.clone();
        tried.begin(&begin, now)?;
        let (kept, removed) =
            upload.results.keys().copied().partition(|stage| tried.results.contains_key(stage));
        Ok(Replay { begin, attempt: tried.attempt, kept, removed })
    }
}

impl BeginRefused {
    /// The stable code in the API.
    pub fn code(self) -> &'static str {
        match self {
            BeginRefused::RunInProgress => "run_in_progress",
            BeginRefused::Stale => "stale_attempt",
            BeginRefused::NothingStored => "nothing_stored",
            BeginRefused::NothingToCorrect => "nothing_to_correct",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::status::EndState;

    #[test]
    fn a_plan_lists_kept_and_removed_results_and_changes_nothing() {
        let upload = fixture::closed(EndState::Complete);
        let begin = Begin { scope: Scope::FromStage(Stage::ImageGeneration), ..fixture::begin(&upload, 1) };
        let replay = Replay::plan(&upload, begin, fixture::now()).unwrap();
        assert_eq!((upload.attempt, replay.attempt), (1, 2));
        assert_eq!(replay.removed, [Stage::ImageGeneration, Stage::GalleryIndexing]);
        let kept = Stage::ALL.into_iter().filter(|stage| !replay.removed.contains(stage));
        assert_eq!(replay.kept, kept.collect::<Vec<_>>());
    }

    #[test]
    fn an_order_that_is_refused_has_no_plan() {
        let upload = fixture::awaiting();
        let refused = Replay::plan(&upload, fixture::begin(&upload, 1), fixture::now());
        assert_eq!(refused, Err(BeginRefused::NothingStored));
    }

    #[test]
    fn a_promotion_has_one_id_for_each_attempt() {
        let (first, second) = (fixture::stored(), Upload { attempt: 2, ..fixture::stored() });
        assert_eq!(Begin::promote(&first, None).id, Begin::promote(&first, Some("trace")).id);
        assert_ne!(Begin::promote(&first, None).id, Begin::promote(&second, None).id);
    }
}
