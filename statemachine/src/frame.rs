//! The whole state of one execution, as data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::host::Status;
use crate::message::TaskId;
use crate::seed::Seed;
use crate::strand::{Strand, TaskRun, earliest};
use crate::time::{Millis, timestamp};

/// The values of `$states.context.Execution` and `.StateMachine`. The start time is the `now` of [`crate::start`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// The execution's ARN, or the host's own identifier of executions.
    pub id: String,
    /// The execution's name within the machine.
    pub name: String,
    /// The machine's ARN, or the host's own identifier of machines.
    #[serde(default)]
    pub machine_id: String,
    /// The machine's name; empty outside AWS.
    #[serde(default)]
    pub machine_name: String,
    /// The ARN of the role that the execution assumes; `None` outside AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The execution's input, as `$states.context.Execution.Input` gives it.
    pub input: Value,
}

impl Execution {
    /// An execution outside AWS: its name is its identifier, and the machine has none.
    pub fn new(name: impl Into<String>, input: Value) -> Execution {
        let name = name.into();
        Execution {
            id: name.clone(),
            name,
            machine_id: String::new(),
            machine_name: String::new(),
            role_arn: None,
            input,
        }
    }
}

/// The complete state of one execution, input and output of [`crate::step`]. Store [`Frame::to_bytes`] beside the
/// execution.
///
/// Compatibility: a reader ignores unknown fields, takes defaults for missing ones, and refuses a frame of a later
/// version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    #[serde(rename = "v")]
    pub(crate) version: u32,
    #[serde(rename = "d")]
    pub(crate) definition: String,
    #[serde(rename = "s")]
    pub(crate) status: Status,
    #[serde(rename = "x")]
    pub(crate) execution: Execution,
    #[serde(rename = "t0")]
    pub(crate) started_at: Millis,
    #[serde(rename = "to", default, skip_serializing_if = "Option::is_none")]
    pub(crate) timeout_at: Option<Millis>,
    #[serde(rename = "rnd")]
    pub(crate) seed: Seed,
    #[serde(rename = "n")]
    pub(crate) counters: Counters,
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub(crate) root: Option<Strand>,
}

/// Counters of the whole execution.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counters {
    /// History events so far: the last event's id.
    #[serde(rename = "e", default)]
    pub events: u64,
    /// Tasks scheduled so far: the last task's id.
    #[serde(rename = "t", default)]
    pub tasks: u64,
    /// Random draws so far.
    #[serde(rename = "d", default)]
    pub draws: u64,
    /// State transitions so far.
    #[serde(rename = "x", default)]
    pub transitions: u64,
}

/// A stored frame that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// [`Frame::to_bytes`] did not write these bytes.
    #[error("frame is unreadable: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A later version of this library wrote the frame.
    #[error("frame has version {0}; this library reads up to {FRAME_VERSION}")]
    TooNew(u32),
}

pub(crate) const FRAME_VERSION: u32 = 1;

/// The one field that every version of a frame has.
#[derive(Deserialize)]
struct Version {
    v: u32,
}

impl Frame {
    /// The frame as compact JSON.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a frame has string keys only and no failing serialiser")
    }

    /// Reads what [`Frame::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`FrameError::TooNew`] for a frame of a later version, [`FrameError::Unreadable`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Frame, FrameError> {
        let error = match serde_json::from_slice::<Frame>(bytes) {
            Ok(frame) if frame.version <= FRAME_VERSION => return Ok(frame),
            Ok(frame) => return Err(FrameError::TooNew(frame.version)),
            Err(error) => error,
        };
        match serde_json::from_slice(bytes) {
            Ok(Version { v }) if v > FRAME_VERSION => Err(FrameError::TooNew(v)),
            _ => Err(FrameError::Unreadable(error)),
        }
    }

    /// The execution's current status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The [`crate::Definition::hash`] that the execution is pinned to.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// The execution as [`crate::start`] received it.
    pub fn execution(&self) -> &Execution {
        &self.execution
    }

    /// State transitions so far, as Step Functions bills them: states entered, retries, and the end.
    pub fn transitions(&self) -> u64 {
        self.counters.transitions
    }

    /// History events so far.
    pub fn events(&self) -> u64 {
        self.counters.events
    }

    /// When the host must call [`crate::step`] with [`crate::Event::Tick`]; `None`: only events continue the execution.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.deadline().map(timestamp)
    }

    /// The tasks that wait for an answer, in the order of the branches.
    pub fn tasks(&self) -> Vec<TaskId> {
        self.runs().into_iter().map(|run| run.id).collect()
    }

    /// The tasks whose tokens are valid.
    pub(crate) fn tokens(&self) -> Vec<TaskId> {
        self.runs().into_iter().filter(|run| run.token).map(|run| run.id).collect()
    }

    fn runs(&self) -> Vec<&TaskRun> {
        let mut runs = Vec::new();
        if let Some(root) = &self.root {
            root.runs(&mut runs);
        }
        runs
    }

    /// The token that [`crate::Effect::SendMessage`] carried for `task`.
    pub fn token(&self, task: TaskId) -> String {
        self.seed.token(task)
    }

    pub(crate) fn deadline(&self) -> Option<Millis> {
        earliest(self.timeout_at, self.root.as_ref().and_then(Strand::deadline))
    }
}
