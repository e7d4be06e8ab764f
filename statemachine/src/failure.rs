//! A failure of a task, an expression or a branch, before Retry and Catch have handled it.

use serde_json::{Value, json};

use crate::value::is_too_large;

// The error names of Step Functions.
pub(crate) const TIMEOUT: &str = "States.Timeout";
pub(crate) const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
pub(crate) const TASK_FAILED: &str = "States.TaskFailed";
pub(crate) const ALL: &str = "States.ALL";
pub(crate) const RUNTIME: &str = "States.Runtime";
pub(crate) const DATA_LIMIT: &str = "States.DataLimitExceeded";
pub(crate) const NO_CHOICE: &str = "States.NoChoiceMatched";
pub(crate) const QUERY: &str = "States.QueryEvaluationError";

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Failure {
    pub error: Option<String>,
    pub cause: Option<String>,
    pub origin: Origin,
}

/// The origin of a failure, as far as its handling depends on more than the error's name.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) enum Origin {
    #[default]
    Named,
    /// The time limit of a task: it has no cause, and an empty one in `$states.errorOutput`.
    TimeLimit,
    /// A missed heartbeat: like [`Origin::TimeLimit`], and it also matches `States.HeartbeatTimeout`.
    Heartbeat,
    /// The input or output of a state is too large. The wildcards do not match it, but they match a task whose result
    /// is too large, as recorded.
    StateSize,
}

impl Failure {
    pub fn new(error: &str, cause: impl Into<String>) -> Failure {
        Failure { error: Some(error.to_owned()), cause: Some(cause.into()), origin: Origin::Named }
    }

    /// `origin` is one of the two time limits.
    pub fn timeout(origin: Origin) -> Failure {
        Failure { error: Some(TIMEOUT.to_owned()), cause: None, origin }
    }

    /// The result of a task is too large; `service` as in the `resourceType` of its events.
    pub fn task_too_large(service: &str) -> Failure {
        let cause = format!(
            "The state/task '{service}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        Failure::new(DATA_LIMIT, cause)
    }

    /// The input or output of a state is too large.
    pub fn state_too_large(state: &str) -> Failure {
        Failure { origin: Origin::StateSize, ..Failure::task_too_large(state) }
    }

    /// Whether one name of an ErrorEquals matches this failure ("Error handling in Step Functions").
    pub fn matches(&self, name: &str) -> bool {
        let error = self.error.as_deref();
        let terminal = error == Some(RUNTIME) || self.origin == Origin::StateSize;
        match name {
            ALL => !terminal,
            TASK_FAILED => !terminal && error != Some(TIMEOUT),
            HEARTBEAT_TIMEOUT => self.origin == Origin::Heartbeat || error == Some(name),
            _ => error == Some(name),
        }
    }

    pub fn matches_any(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.matches(name))
    }

    /// The value of `$states.errorOutput`.
    pub fn output(&self) -> Value {
        let timed_out = matches!(self.origin, Origin::TimeLimit | Origin::Heartbeat);
        let cause = self.cause.as_deref().or(timed_out.then_some(""));
        json!({"Error": self.error, "Cause": cause})
    }
}

/// Checks the input or output of a state.
pub(crate) fn check_state(value: &Value, state: &str) -> Result<(), Failure> {
    if is_too_large(value) { Err(Failure::state_too_large(state)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let plain = Failure::new("Boom", "x");
        let runtime = Failure::new(RUNTIME, "x");
        let bare = Failure::default();
        let task = Failure::task_too_large("sqs");
        let state = Failure::state_too_large("A");
        let (late, silent) = (Failure::timeout(Origin::TimeLimit), Failure::timeout(Origin::Heartbeat));
        for (failure, name, wanted) in [
            (&plain, "Boom", true),
            (&plain, "Bang", false),
            (&plain, ALL, true),
            (&plain, TASK_FAILED, true),
            (&bare, ALL, true),
            (&bare, RUNTIME, false),
            (&runtime, ALL, false),
            (&runtime, RUNTIME, true),
            (&task, ALL, true),
            (&task, TASK_FAILED, true),
            (&task, DATA_LIMIT, true),
            (&state, ALL, false),
            (&state, TASK_FAILED, false),
            (&state, DATA_LIMIT, true),
            (&late, ALL, true),
            (&late, TASK_FAILED, false),
            (&late, HEARTBEAT_TIMEOUT, false),
            (&silent, HEARTBEAT_TIMEOUT, true),
            (&silent, TIMEOUT, true),
        ] {
            assert_eq!(failure.matches(name), wanted, "{failure:?} {name}");
        }
    }

    #[test]
    fn outputs() {
        for (failure, expected) in [
            (Failure::new("Boom", "x"), json!({"Error": "Boom", "Cause": "x"})),
            (Failure::default(), json!({"Error": null, "Cause": null})),
            (Failure::timeout(Origin::TimeLimit), json!({"Error": "States.Timeout", "Cause": ""})),
            (Failure::timeout(Origin::Heartbeat), json!({"Error": "States.Timeout", "Cause": ""})),
        ] {
            assert_eq!(failure.output(), expected);
        }
    }
}
