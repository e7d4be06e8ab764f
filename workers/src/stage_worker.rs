//! The work of one stage, without the settling of its messages.

use async_trait::async_trait;
use domain::stage_result::Pending;
use domain::{Stage, StageEnd, Upload};

/// The input of a stage. Its message carries ids only; everything else is read from the record.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// The record as it was loaded for this delivery.
    pub upload: &'a Upload,
    /// The outside job that the stage's last [`StageEnd::Later`] left in this attempt.
    pub pending: Option<&'a Pending>,
}

/// One stage. It reads its inputs and returns how it ended; it stores nothing itself. It may be run twice for one
/// attempt, by two workers at a time, and may be dropped at any await; CPU work must not run on the async thread.
#[async_trait]
pub trait StageWorker: Send + Sync {
    fn stage(&self) -> Stage;

    async fn run(&self, work: Work<'_>) -> StageEnd;
}
