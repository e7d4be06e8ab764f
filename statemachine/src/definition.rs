//! The typed definition of a state machine, after all checks.

use std::collections::BTreeMap;

use crate::expression::Expression;
use crate::template::{Condition, Seconds, Template, Text};

/// A loaded state machine with parsed expressions. Executions and threads share it.
#[derive(Debug)]
pub struct Definition {
    pub(crate) machine: Machine,
    pub(crate) timeout_s: Option<u64>,
    pub(crate) hash: String,
}

impl Definition {
    /// SHA-256 of the definition's text after substitution, in hexadecimal. Executions are pinned to it.
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

/// The states of a machine or of a branch.
#[derive(Debug)]
pub(crate) struct Machine {
    pub start_at: String,
    pub states: BTreeMap<String, State>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub kind: Kind,
    pub next: Next,
    pub assign: Assign,
    pub output: Option<Template>,
}

/// The transition of a state.
#[derive(Debug, Clone)]
pub(crate) enum Next {
    State(String),
    /// The machine or branch ends here: `End`, Succeed and Fail; also Choice, whose rules hold its transitions.
    End,
}

/// The variables that a state assigns.
pub(crate) type Assign = Vec<(String, Template)>;

#[derive(Debug)]
pub(crate) enum Kind {
    Task(Box<Task>),
    Choice(Choice),
    Parallel(Parallel),
    Wait(Wait),
    Pass,
    Succeed,
    Fail(Fail),
}

#[derive(Debug)]
pub(crate) struct Task {
    /// `.waitForTaskToken`: the task ends with the worker's answer, not with the sent message.
    pub callback: bool,
    pub arguments: Option<Template>,
    pub timeout: Option<Seconds>,
    pub heartbeat: Option<Seconds>,
    pub retry: Vec<Retrier>,
    pub catch: Vec<Catcher>,
}

#[derive(Debug)]
pub(crate) struct Choice {
    pub rules: Vec<Rule>,
    pub default: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub condition: Condition,
    pub next: String,
    pub assign: Assign,
    pub output: Option<Template>,
}

#[derive(Debug)]
pub(crate) struct Parallel {
    pub branches: Vec<Machine>,
    pub arguments: Option<Template>,
    pub retry: Vec<Retrier>,
    pub catch: Vec<Catcher>,
}

#[derive(Debug)]
pub(crate) enum Wait {
    Seconds(Seconds),
    Until(i64),
    Timestamp(Expression),
}

#[derive(Debug)]
pub(crate) struct Fail {
    pub error: Option<Text>,
    pub cause: Option<Text>,
}

#[derive(Debug)]
pub(crate) struct Retrier {
    pub errors: Vec<String>,
    pub interval_s: u64,
    pub max_attempts: u64,
    pub backoff_rate: f64,
    pub max_delay_s: Option<u64>,
    pub full_jitter: bool,
}

#[derive(Debug)]
pub(crate) struct Catcher {
    pub errors: Vec<String>,
    pub next: String,
    pub assign: Assign,
    pub output: Option<Template>,
}

impl State {
    pub fn retry(&self) -> &[Retrier] {
        match &self.kind {
            Kind::Task(task) => &task.retry,
            Kind::Parallel(parallel) => &parallel.retry,
            _ => &[],
        }
    }

    pub fn catch(&self) -> &[Catcher] {
        match &self.kind {
            Kind::Task(task) => &task.catch,
            Kind::Parallel(parallel) => &parallel.catch,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn definitions_are_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<super::Definition>();
    }
}
