//! The four ways in which a stage gives a message back.

use crate::code::Code;
use crate::made_by::MadeBy;
use crate::outcome::Outcome;
use crate::ports::maker::Job;
use crate::stage_result::Finding;
use std::time::Duration;

/// What a stage that is done leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct StageOutput {
    /// Succeeded, no face, or uncertain.
    pub outcome: Outcome,
    /// What made it.
    pub made_by: Option<MadeBy>,
    /// What it found.
    pub finding: Option<Finding>,
}

/// How a stage ended with a message.
#[derive(Debug)]
pub enum StageEnd {
    /// Finished.
    Done(StageOutput),
    /// Pending outside, throttled or paused: not this message's fault. It comes again.
    Later {
        /// How long to leave it alone, at most 900 s at a time.
        after: Duration,
        /// The job to ask after, where there is one.
        job: Option<Job>,
    },
    /// Our fault or unknown: it is received again, after a growing delay, until receives run out.
    Retry(Box<dyn std::error::Error + Send + Sync>),
    /// The input's fault, for good.
    Reject {
        /// Why; stored and shown.
        code: Code,
        /// A sentence for logs.
        detail: String,
    },
}
