//! Stable words for what went wrong, stored and shown to users.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A code such as `undecodable_image`: 1 to 60 lower-case letters, digits and underscores. Codes never change meaning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Code(String);

/// A text that is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code {0:?}: 1 to 60 lower-case letters, digits and underscores")]
pub struct InvalidCode(String);

impl Code {
    /// The stage never answered and its task ended.
    pub fn no_answer() -> Self {
        Code("no_answer".into())
    }

    /// The stage's message ended as a dead letter.
    pub fn dead_lettered() -> Self {
        Code("dead_lettered".into())
    }

    /// A job outside did not end within its deadline.
    pub fn deadline() -> Self {
        Code("deadline".into())
    }

    /// The stage failed on the last allowed receive.
    pub fn retries_exhausted() -> Self {
        Code("retries_exhausted".into())
    }

    /// Checks a code.
    pub fn parse(raw: &str) -> Result<Self, InvalidCode> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if (1..=60).contains(&raw.len()) && raw.chars().all(legal) {
            return Ok(Code(raw.to_owned()));
        }
        Err(InvalidCode(raw.chars().take(80).collect()))
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Code {
    type Error = InvalidCode;
    fn try_from(raw: String) -> Result<Self, InvalidCode> {
        Code::parse(&raw)
    }
}

impl From<Code> for String {
    fn from(code: Code) -> String {
        code.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
