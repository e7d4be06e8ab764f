//! An error on its way: out of a task, an expression or a branch, towards a Retry, a Catch or the execution's end.

use serde_json::{Value, json};

/// The error names that the interpreter itself raises.
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
    /// A timeout that was a missed heartbeat; it reports as `States.Timeout` but answers to both names.
    pub heartbeat: bool,
}

impl Failure {
    pub fn new(error: &str, cause: impl Into<String>) -> Failure {
        Failure { error: Some(error.to_owned()), cause: Some(cause.into()), heartbeat: false }
    }

    pub fn timeout(heartbeat: bool) -> Failure {
        Failure { error: Some(TIMEOUT.to_owned()), cause: None, heartbeat }
    }

    /// Whether one name of an ErrorEquals stands for this failure ("Error handling in Step Functions").
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

    /// `$states.errorOutput`.
    pub fn output(&self) -> Value {
        json!({"Error": self.error, "Cause": self.cause})
    }
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
