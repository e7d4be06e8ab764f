//! What a check of the doctor found.

use serde::Serialize;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ok,
    Failed,
    /// Not checked, and that is no failure.
    Skipped,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub state: State,
    pub subject: &'static str,
    /// What was found, and after a failure what to do.
    pub text: String,
}

impl Finding {
    pub fn ok(subject: &'static str, text: impl Into<String>) -> Self {
        Finding { state: State::Ok, subject, text: text.into() }
    }

    pub fn skipped(subject: &'static str, text: impl Into<String>) -> Self {
        Finding { state: State::Skipped, subject, text: text.into() }
    }

    /// `remedy` may be empty where the text says it.
    pub fn failed(subject: &'static str, text: impl fmt::Display, remedy: &str) -> Self {
        let text = match remedy {
            "" => text.to_string(),
            _ => format!("{text}: {remedy}"),
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
