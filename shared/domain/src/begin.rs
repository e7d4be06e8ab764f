//! The order to begin an attempt: the one way in, for replays, redrives and the maintenance.

use crate::emotion::Emotion;
use crate::stage::Stage;
use crate::tenant_id::TenantId;
use crate::upload_id::UploadId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which results a new attempt may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Those that are good and not made from one that is not.
    Resume,
    /// Those that neither are this stage's nor come from it.
    FromStage(Stage),
}

/// When a new result takes the old one's place in the gallery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replace {
    /// When it is at least as good.
    #[default]
    AtLeastAsGood,
    /// Whatever it is.
    Always,
}

/// A message on queue `uploads` that begins an attempt. The same `id` again begins nothing new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// Makes repeats harmless: for a replay a hash of replay and upload.
    pub id: Uuid,
    /// Whose upload.
    pub tenant_id: TenantId,
    /// Which upload.
    pub upload_id: UploadId,
    /// The attempt that the sender saw; another one in the record means that somebody was faster.
    pub expect_attempt: u32,
    /// What to do again.
    #[serde(flatten)]
    pub scope: Scope,
    /// Whether a running attempt is stopped for this one.
    #[serde(default)]
    pub supersede: bool,
    /// When the new result is shown.
    #[serde(default)]
    pub replace: Replace,
    /// The emotion that counts from now on, whatever is analysed; emotion-analysis and what comes of it are made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correct: Option<Emotion>,
    /// Whether an upload for its faces only becomes a photo: what was never run for it is made. Any other kind is left
    /// alone.
    #[serde(default)]
    pub promote: bool,
    /// Whether generated art may differ from before: a new seed.
    #[serde(default)]
    pub reroll: bool,
    /// Whether live uploads go first.
    #[serde(default)]
    pub replay: bool,
    /// Why, for the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who, for the audit.
    pub actor: String,
    /// W3C trace context of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// Why an attempt was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginRefused {
    /// An attempt runs and was not to be superseded.
    #[error("a run is in progress")]
    RunInProgress,
    /// The record is at another attempt than the sender saw.
    #[error("the upload is at another attempt")]
    Stale,
    /// There is no object to work on: never uploaded, expired or refused.
    #[error("nothing is stored for this upload")]
    NothingStored,
    /// No face was found, or there is no photo: there is no analysed emotion to correct.
    #[error("there is no analysed emotion to correct")]
    NothingToCorrect,
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
