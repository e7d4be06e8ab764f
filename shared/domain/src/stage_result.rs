//! Results of stages in the record, with their provenance, and outside jobs that stages wait for.

use crate::affect::Affect;
use crate::outcome::Outcome;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Provenance: the engine, model and seed behind a result, stored with it and written into generated files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeBy {
    /// `embedded-vision`, `rekognition`, `embedded-muse`, a provider's name.
    pub engine: String,
    /// The model or style, with its version.
    pub model: String,
    /// Digest of the model's weights or of the maker's parameters; None if a service tells none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The seed that makes the same artefact again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// Facts that a stage found. Artefacts are objects and faces are rows; both have computed keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The finding of face-detection.
    Faces {
        /// Pixels of the upright picture.
        width: u32,
        /// Pixels of the upright picture.
        height: u32,
        /// Face rows written, at most [`crate::face::MAX_FACES`].
        count: u32,
        /// Whether there were more.
        truncated: bool,
    },
    /// The finding of emotion-analysis: the photo's emotional state.
    Feeling(Affect),
}

/// A stage's result. Written once per attempt, at the stage's end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StageResult {
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The attempt that made it; it is part of the keys of objects and rows.
    pub attempt: u32,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    pub receive_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<MadeBy>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<Finding>,
}

/// A job that an outside service has taken; stored before it is polled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job(pub String);

/// The state of a stage between two polls of an outside job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The service's handle, once it took the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
    /// When the stage gives up.
    pub deadline: Timestamp,
    /// Messages that come earlier only move their visibility.
    pub next_poll_at: Timestamp,
}

impl MadeBy {
    /// The upload's owner, who corrected the analysed emotion.
    pub fn owner() -> Self {
        MadeBy { engine: "owner".into(), model: "correction".into(), digest: None, seed: None }
    }
}

impl StageResult {
    /// A result that no worker made: pre-filled, skipped or given up at the closing.
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

impl Pending {
    /// How long it is until the job may be polled; zero if it may be now.
    pub fn wait(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.next_poll_at.duration_since(now)).unwrap_or_default()
    }
}
