//! What a stage leaves in the record: how it ended, when, by what, and the facts that others need.

use crate::affect::Affect;
use crate::made_by::MadeBy;
use crate::outcome::Outcome;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Facts that a stage found out. Artefacts are objects and faces are rows; both have computed keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Of face-detection.
    Faces {
        /// Pixels across the upright picture.
        width: u32,
        /// Pixels down the upright picture.
        height: u32,
        /// Face rows written, at most [`crate::face::MAX_FACES`].
        count: u32,
        /// Whether there were more.
        truncated: bool,
    },
    /// Of emotion-analysis: the photo's emotional state.
    Feeling(Affect),
}

/// A stage's result. Written once per attempt, at the stage's end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageResult {
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The attempt that made it: names its objects and rows.
    pub attempt: u32,
    /// When work on it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// How often its message had been received.
    pub receive_count: u32,
    /// What made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<MadeBy>,
    /// What it found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

impl StageResult {
    /// A result that no worker wrote: pre-filled, skipped or given up at the closing.
    pub fn without_work(outcome: Outcome, attempt: u32, now: Timestamp) -> Self {
        StageResult {
            outcome,
            attempt,
            started_at: now,
            finished_at: now,
            receive_count: 0,
            made_by: None,
            finding: None,
        }
    }
}
