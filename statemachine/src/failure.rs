//! A failure of a task, an expression or a branch, before Retry and Catch have handled it.

use serde_json::{Value, json};

use crate::limits::MAX_OUTPUT_BYTES;
use crate::value::{is_too_deep, size};

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
    /// The time-out is a missed heartbeat: it reports `States.Timeout` and matches `States.HeartbeatTimeout` too.
    pub heartbeat: bool,
}

impl Failure {
    pub fn new(error: &str, cause: impl Into<String>) -> Failure {
        Failure { error: Some(error.to_owned()), cause: Some(cause.into()), heartbeat: false }
    }

    pub fn timeout(heartbeat: bool) -> Failure {
        Failure { error: Some(TIMEOUT.to_owned()), cause: None, heartbeat }
    }

    /// `of` is the state, or the resource of a task, whose result is too large.
    pub fn too_large(of: &str) -> Failure {
        let cause = format!(
            "The state/task '{of}' returned a result with a size exceeding the maximum number of bytes service limit."
        );
        Failure::new(DATA_LIMIT, cause)
    }

    /// Whether one name of an ErrorEquals matches this failure ("Error handling in Step Functions").
    pub fn matches(&self, name: &str) -> bool {
        let error = self.error.as_deref();
        match name {
            ALL => !matches!(error, Some(RUNTIME | DATA_LIMIT)),
            TASK_FAILED => !matches!(error, Some(TIMEOUT | RUNTIME | DATA_LIMIT)),
            HEARTBEAT_TIMEOUT => self.heartbeat || error == Some(name),
            _ => error == Some(name),
        }
    }

    pub fn matches_any(&self, names: &[String]) -> bool {
        names.iter().any(|name| self.matches(name))
    }

    /// The value of `$states.errorOutput`.
    pub fn output(&self) -> Value {
        json!({"Error": self.error, "Cause": self.cause})
    }
}

/// Checks a result of the state or resource `of` against [`MAX_OUTPUT_BYTES`] and the depth limit.
pub(crate) fn check_size(result: &Value, of: &str) -> Result<(), Failure> {
    if is_too_deep(result) || size(result) > MAX_OUTPUT_BYTES { Err(Failure::too_large(of)) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let plain = Failure::new("Boom", "x");
        let runtime = Failure::new(RUNTIME, "x");
        let bare = Failure::default();
        for (failure, name, wanted) in [
            (&plain, "Boom", true),
            (&plain, "Bang", false),
            (&plain, ALL, true),
            (&plain, TASK_FAILED, true),
            (&bare, ALL, true),
            (&bare, RUNTIME, false),
            (&runtime, ALL, false),
            (&runtime, RUNTIME, true),
            (&Failure::timeout(false), TASK_FAILED, false),
            (&Failure::timeout(false), HEARTBEAT_TIMEOUT, false),
            (&Failure::timeout(true), HEARTBEAT_TIMEOUT, true),
            (&Failure::timeout(true), TIMEOUT, true),
        ] {
            assert_eq!(failure.matches(name), wanted, "{failure:?} {name}");
        }
    }
}
