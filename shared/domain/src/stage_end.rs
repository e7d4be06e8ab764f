//! The four ways in which a stage gives a message back.

use crate::face::Face;
use crate::object_key::ObjectKey;
use crate::outcome::{Code, Outcome};
use crate::ports::maker::Job;
use crate::ports::objects::NewObject;
use crate::stage_result::{Finding, MadeBy};
use std::time::Duration;

/// What a stage that is done leaves behind. It stores nothing itself: whoever settles its message does, in an order
/// that survives a crash.
#[derive(Clone, Debug, PartialEq)]
pub struct StageOutput {
    /// Succeeded, no face, or uncertain.
    pub outcome: Outcome,
    /// What made it.
    pub made_by: Option<MadeBy>,
    /// What it found.
    pub finding: Option<Finding>,
    /// Face rows to write.
    pub faces: Vec<Face>,
    /// Objects to put into bucket `media`, where their keys are free.
    pub objects: Vec<(ObjectKey, NewObject)>,
}

impl StageOutput {
    /// An outcome and nothing else.
    pub fn bare(outcome: Outcome) -> Self {
        StageOutput { outcome, made_by: None, finding: None, faces: Vec::new(), objects: Vec::new() }
    }
}

/// How a stage ended with a message.
#[derive(Debug)]
pub enum StageEnd {
    /// Finished.
    Done(Box<StageOutput>),
    /// Pending outside, throttled or paused: not this message's fault. It comes again.
    Later {
        /// How long to leave it alone.
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
