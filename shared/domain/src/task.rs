//! Stage tasks: messages that ask a worker for one stage of one attempt. They carry ids only; inputs are in the record.

use crate::owner::TenantId;
use crate::stage::Stage;
use crate::upload_id::UploadId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The newest message schema. Workers also accept the one before.
pub const SCHEMA: u32 = 1;

/// Answers one task of an execution. Its holder can end the task, so it never appears in rows, logs or answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaskToken(pub String);

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskToken(…)")
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageTask {
    pub schema: u32,
    pub stage: Stage,
    pub tenant_id: TenantId,
    pub upload_id: UploadId,
    pub attempt: u32,
    pub task_token: TaskToken,
    /// W3C trace context of the request behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum InvalidTask {
    #[error("the body is not a stage task: {0}")]
    Shape(#[from] serde_json::Error),
    /// A message of another release.
    #[error("message schema {0}; this worker knows {SCHEMA}")]
    Schema(u32),
}

impl StageTask {
    pub fn parse(body: &str) -> Result<Self, InvalidTask> {
        let task: StageTask = serde_json::from_str(body)?;
        match task.schema {
            SCHEMA => Ok(task),
            other => Err(InvalidTask::Schema(other)),
        }
    }

    /// A message body without its token, for dead-letter rows.
    pub fn redacted(body: &str) -> String {
        let Ok(mut value) = serde_json::from_str::<serde_json::Value>(body) else { return body.to_owned() };
        if let Some(fields) = value.as_object_mut() {
            fields.remove("task_token");
        }
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BODY: &str = r#"{"schema":1,"stage":"face-detection","tenant_id":"acme",
        "upload_id":"00000000-0000-0000-0000-000000000007","attempt":1,"task_token":"secret","traceparent":null}"#;

    #[test]
    fn reads_a_task_and_hides_its_token() {
        let task = StageTask::parse(BODY).unwrap();
        assert_eq!((task.stage, task.attempt), (Stage::FaceDetection, 1));
        assert!(!format!("{task:?}").contains("secret"));
        assert!(!StageTask::redacted(BODY).contains("secret"));
    }

    #[test]
    fn refuses_other_schemas_and_shapes() {
        assert!(matches!(
            StageTask::parse(&BODY.replace(":1,\"stage", ":3,\"stage")),
            Err(InvalidTask::Schema(3))
        ));
        for bad in ["", "{}", "null", "[1]", &BODY.replace("acme", "a/b"), &BODY.replace("face-", "foot-")] {
            assert!(matches!(StageTask::parse(bad), Err(InvalidTask::Shape(_))), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_task_or_an_error(body in ".*") {
            prop_assert!(StageTask::parse(&body).is_err());
            StageTask::redacted(&body);
        }
    }
}
