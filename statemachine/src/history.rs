//! The execution's history, event by event as Step Functions writes it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The `type` of an event in `GetExecutionHistory`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[allow(missing_docs)] // The names are Step Functions' own.
pub enum EventKind {
    ExecutionStarted,
    ExecutionSucceeded,
    ExecutionFailed,
    ExecutionTimedOut,
    ExecutionAborted,
    EvaluationFailed,
    TaskStateEntered,
    TaskStateExited,
    TaskStateAborted,
    TaskScheduled,
    TaskStarted,
    TaskSubmitted,
    TaskSubmitFailed,
    TaskSucceeded,
    TaskFailed,
    TaskTimedOut,
    ChoiceStateEntered,
    ChoiceStateExited,
    ParallelStateEntered,
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    ParallelStateExited,
    ParallelStateAborted,
    PassStateEntered,
    PassStateExited,
    WaitStateEntered,
    WaitStateExited,
    WaitStateAborted,
    SucceedStateEntered,
    SucceedStateExited,
    FailStateEntered,
}

/// One event. Fields that its kind does not have are absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEvent {
    /// The event's number within the execution, from 1.
    pub id: u64,
    /// The id of the event that led to this one; 0 for `ExecutionStarted`, `ExecutionAborted` and the entry of the first
    /// state. An `EvaluationFailed` right after a state's entry follows on the event before that entry.
    pub previous_event_id: u64,
    /// Milliseconds since 1970 UTC.
    pub timestamp_ms: i64,
    /// The `type` of the event.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// The name of the state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The execution's or state's input.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub input: Option<Value>,
    /// The execution's, state's or task's output.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    pub output: Option<Value>,
    /// The name of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The cause of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The field whose expression failed (`EvaluationFailed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The state whose expression failed (`EvaluationFailed`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The variables that the state assigned (`…StateExited`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_variables: Option<Map<String, Value>>,
    /// The task's arguments (`TaskScheduled`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// The service's action (`Task…`): `sendMessage` or `sendMessage.waitForTaskToken`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The service (`Task…`): `sqs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// The task's time limit (`TaskScheduled`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_in_seconds: Option<u64>,
    /// The task's heartbeat limit (`TaskScheduled`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat_in_seconds: Option<u64>,
}

impl HistoryEvent {
    pub(crate) fn new(kind: EventKind) -> HistoryEvent {
        HistoryEvent {
            id: 0,
            previous_event_id: 0,
            timestamp_ms: 0,
            kind,
            name: None,
            input: None,
            output: None,
            error: None,
            cause: None,
            location: None,
            state: None,
            assigned_variables: None,
            parameters: None,
            resource: None,
            resource_type: None,
            timeout_in_seconds: None,
            heartbeat_in_seconds: None,
        }
    }
}

/// Distinguishes an output of `null` from an absent output.
mod present {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    pub fn serialize<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
        Value::deserialize(deserializer).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_output_survives_a_round_trip() {
        for output in [None, Some(Value::Null), Some(Value::Bool(true))] {
            let event = HistoryEvent { output, ..HistoryEvent::new(EventKind::PassStateExited) };
            let text = serde_json::to_string(&event).expect("serialises");
            assert_eq!(serde_json::from_str::<HistoryEvent>(&text).expect("parses"), event, "{text}");
        }
    }
}
