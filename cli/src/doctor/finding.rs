//! What a check found.

use serde::Serialize;
use std::fmt;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Ok,
    /// Something is to be done.
    Failed,
    /// Not looked at, and that is no fault.
    Skipped,
}

/// One line of the doctor's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How the check ended.
    pub state: State,
    /// What was looked at.
    pub subject: &'static str,
    /// What was seen, and after a failure what to do.
    pub text: String,
}

impl Finding {
    /// As it should be.
    pub fn ok(subject: &'static str, text: impl Into<String>) -> Self {
        Finding { state: State::Ok, subject, text: text.into() }
    }

    /// Not looked at.
    pub fn skipped(subject: &'static str, text: impl Into<String>) -> Self {
        Finding { state: State::Skipped, subject, text: text.into() }
    }

    /// Something is to be done; `what_to_do` may be empty where the text says it.
    pub fn failed(subject: &'static str, text: impl fmt::Display, what_to_do: &str) -> Self {
        let text = match what_to_do {
            "" => text.to_string(),
            _ => format!("{text}: {what_to_do}"),
        };
        Finding { state: State::Failed, subject, text }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Ok => "ok",
            State::Failed => "failed",
            State::Skipped => "skipped",
        };
        write!(f, "{state:8} {:15} {}", self.subject, self.text)
    }
}
