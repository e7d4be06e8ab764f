//! The four ends of a stage's work on a message.

use crate::face::Face;
use crate::object_key::ObjectKey;
use crate::outcome::{Code, Outcome};
use crate::ports::objects::NewObject;
use crate::stage_result::{Finding, Job, MadeBy};
use std::time::Duration;

/// The output of a finished stage. The stage stores nothing itself; settling does, in an order that survives a crash.
#[derive(Clone, Debug, PartialEq)]
pub struct StageOutput {
    pub outcome: Outcome,
    pub made_by: Option<MadeBy>,
    pub finding: Option<Finding>,
    pub faces: Vec<Face>,
    /// Objects for bucket `media`; those whose keys are taken are not put.
    pub objects: Vec<(ObjectKey, NewObject)>,
}

impl StageOutput {
    pub fn bare(outcome: Outcome) -> Self {
        StageOutput { outcome, made_by: None, finding: None, faces: Vec::new(), objects: Vec::new() }
    }
}

#[derive(Debug)]
pub enum StageEnd {
    Done(Box<StageOutput>),
    /// Pending at an outside service, throttled or paused, which is not the message's fault: it is sent again.
    Later {
        after: Duration,
        /// The job to poll, if there is one.
        job: Option<Job>,
    },
    /// Our fault or unknown: the message is delivered again, after a growing delay, until its receives run out.
    Retry(Box<dyn std::error::Error + Send + Sync>),
    /// The input's fault, permanently.
    Reject {
        /// Stored and shown to users.
        code: Code,
        /// A sentence for the log.
        detail: String,
    },
}
