//! What one stage does, apart from everything that settling does for it.

use async_trait::async_trait;
use domain::pending::Pending;
use domain::{Stage, StageEnd, Upload};

/// What a stage works on. Inputs are read from the record; its message carries ids only.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The record as it was loaded for this delivery.
    pub upload: &'a Upload,
    /// What the stage left when it last said "later", in this attempt.
    pub pending: Option<&'a Pending>,
}

/// One stage. It reads what it needs and returns how it ended; it stores nothing itself. It may be run twice for one
/// attempt, by two workers at a time, and may be dropped at any await; CPU work must not run on the async thread.
#[async_trait]
pub trait StageWorker: Send + Sync {
    /// Which.
    fn stage(&self) -> Stage;

    /// Does the work.
    async fn run(&self, work: Work<'_>) -> StageEnd;
}
