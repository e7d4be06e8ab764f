//! A stage that waits for a job outside: what must survive until it is asked after again.

use crate::ports::maker::Job;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The state of a stage between two looks at an outside job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pending {
    /// The service's handle, once it took the job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
    /// Set before a paid request and cleared with its answer: whoever sees it waits it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitting_since: Option<Timestamp>,
    /// Requests made in this attempt, at most two.
    #[serde(default)]
    pub submits: u8,
    /// When the stage gives up.
    pub deadline: Timestamp,
    /// Messages that come earlier only move their visibility.
    pub next_poll_at: Timestamp,
}

impl Pending {
    /// How long it is until the job may be asked after; zero when it may be now.
    pub fn wait(&self, now: Timestamp) -> Duration {
        Duration::try_from(self.next_poll_at.duration_since(now)).unwrap_or_default()
    }
}
