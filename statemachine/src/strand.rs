//! One strand of control within a frame, and the event or time that it waits for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::host::Event;
use crate::message::TaskId;
use crate::time::Millis;

/// One strand of control: the machine itself, or one branch of a Parallel state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Strand {
    #[serde(rename = "s")]
    pub state: String,
    #[serde(rename = "i")]
    pub input: Value,
    #[serde(rename = "vars", default, skip_serializing_if = "Map::is_empty")]
    pub variables: Map<String, Value>,
    /// The last event of this strand: the next one's `previousEventId`.
    #[serde(rename = "p", default)]
    pub previous: u64,
    /// The id of the state's `…StateEntered`.
    #[serde(rename = "e", default)]
    pub entered: u64,
    /// The event before the state's `…StateEntered`, until the state records another event or waits; never stored.
    #[serde(skip)]
    pub before_entry: Option<u64>,
    #[serde(rename = "t", default)]
    pub entered_at: Millis,
    /// Retries so far in this state, by the index of the retrier that granted them.
    #[serde(rename = "n", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub retries: BTreeMap<usize, u64>,
    #[serde(rename = "a")]
    pub activity: Activity,
}

/// The progress of a strand within its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Activity {
    /// About to enter the state.
    #[serde(rename = "enter")]
    Enter,
    /// About to run the state's work again, after a retry's delay.
    #[serde(rename = "again")]
    Again,
    /// Waiting for a task's answer.
    #[serde(rename = "task")]
    Task(TaskRun),
    /// In a Wait state.
    #[serde(rename = "wait")]
    Wait { until: Millis },
    /// Waiting for a retry's delay.
    #[serde(rename = "back")]
    Backoff { until: Millis },
    /// In a Parallel state.
    #[serde(rename = "par")]
    Parallel(Vec<Branch>),
}

/// One branch of a Parallel state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Branch {
    #[serde(rename = "r")]
    Running(Box<Strand>),
    #[serde(rename = "d")]
    Done { output: Value, last: u64 },
}

/// A scheduled task without an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TaskRun {
    #[serde(rename = "t")]
    pub id: TaskId,
    #[serde(rename = "to", default, skip_serializing_if = "Option::is_none")]
    pub timeout_at: Option<Millis>,
    #[serde(rename = "hs", default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_s: Option<u64>,
    #[serde(rename = "ha", default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_at: Option<Millis>,
    /// Whether the task has a valid token.
    #[serde(rename = "k", default, skip_serializing_if = "std::ops::Not::not")]
    pub token: bool,
    /// The event of the current step; never stored.
    #[serde(skip)]
    pub arrived: Option<Event>,
}

impl TaskRun {
    pub fn deadline(&self) -> Option<Millis> {
        earliest(self.timeout_at, self.heartbeat_at)
    }
}

impl Strand {
    pub fn new(state: &str, input: Value, variables: Map<String, Value>, previous: u64) -> Strand {
        Strand {
            state: state.to_owned(),
            input,
            variables,
            previous,
            entered: 0,
            before_entry: None,
            entered_at: 0,
            retries: BTreeMap::new(),
            activity: Activity::Enter,
        }
    }

    pub fn deadline(&self) -> Option<Millis> {
        match &self.activity {
            // A strand that can run is due at once.
            Activity::Enter | Activity::Again => Some(self.entered_at),
            Activity::Task(task) => task.deadline(),
            Activity::Wait { until } | Activity::Backoff { until } => Some(*until),
            Activity::Parallel(branches) => branches.iter().filter_map(Branch::deadline).min(),
        }
    }

    pub fn runs<'a>(&'a self, into: &mut Vec<&'a TaskRun>) {
        match &self.activity {
            Activity::Task(run) => into.push(run),
            Activity::Parallel(branches) => {
                for branch in branches {
                    if let Branch::Running(strand) = branch {
                        strand.runs(into);
                    }
                }
            }
            _ => {}
        }
    }

    /// The task `task`, if this strand or one of its branches waits for it.
    pub fn waiting_for(&mut self, task: TaskId) -> Option<&mut TaskRun> {
        match &mut self.activity {
            Activity::Task(run) if run.id == task => Some(run),
            Activity::Parallel(branches) => branches.iter_mut().find_map(|branch| match branch {
                Branch::Running(strand) => strand.waiting_for(task),
                Branch::Done { .. } => None,
            }),
            _ => None,
        }
    }
}

impl Branch {
    pub fn deadline(&self) -> Option<Millis> {
        match self {
            Branch::Running(strand) => strand.deadline(),
            Branch::Done { .. } => None,
        }
    }
}

/// The earlier of two optional deadlines.
pub(crate) fn earliest(a: Option<Millis>, b: Option<Millis>) -> Option<Millis> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
