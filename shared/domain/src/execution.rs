//! Executions of the state machine: name, input and status.

use crate::ports::queue::MessageGroup;
use crate::upload::Upload;
use crate::upload_id::UploadId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// `{upload_id}-{attempt}`: the same attempt never runs twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecutionName(String);

/// A status in Step Functions' words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

/// The input of an execution. It is read from the record only, so that a repeat is byte-identical.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionInput {
    pub tenant_id: String,
    pub upload_id: UploadId,
    pub attempt: u32,
    /// The message group of the execution's messages.
    pub group: String,
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
}

impl ExecutionName {
    pub fn new(upload: UploadId, attempt: u32) -> Self {
        ExecutionName(format!("{upload}-{attempt}"))
    }

    /// Reads 1 to 80 letters, digits, `-` and `_`.
    pub fn parse(raw: &str) -> Option<Self> {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        ((1..=80).contains(&raw.len()) && raw.chars().all(legal)).then(|| ExecutionName(raw.to_owned()))
    }

    /// The attempt behind the name; None if the name has another form.
    pub fn attempt(&self) -> Option<(UploadId, u32)> {
        let (upload, attempt) = self.0.rsplit_once('-')?;
        Some((UploadId::parse(upload).ok()?, attempt.parse().ok()?))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExecutionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ExecutionInput {
    /// The input for the upload's present attempt.
    pub fn of(upload: &Upload) -> Self {
        ExecutionInput {
            tenant_id: upload.tenant_id.to_string(),
            upload_id: upload.upload_id,
            attempt: upload.attempt,
            group: MessageGroup::of(upload).as_str().to_owned(),
            traceparent: upload.traceparent.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn names_read_back() {
        let name = ExecutionName::new(fixture::upload_id(7), 12);
        assert_eq!(name.attempt(), Some((fixture::upload_id(7), 12)));
        assert_eq!(ExecutionName::parse("by-hand").unwrap().attempt(), None);
        assert_eq!(ExecutionName::parse("a b"), None);
        assert_eq!(ExecutionName::parse(&"x".repeat(81)), None);
    }
}
