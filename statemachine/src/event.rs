//! What can happen to an execution.

use serde_json::Value;

use crate::frame::TaskId;

/// Something that happened outside, for [`crate::step`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// SQS took the message of [`crate::Effect::SendMessage`]; `output` is its answer, see
    /// [`crate::Message::accepted`].
    MessageSent {
        /// The task of the message.
        task: TaskId,
        /// `{MessageId, MD5OfMessageBody, ..}`.
        output: Value,
    },
    /// SQS refused the message, or could not be reached. Feeds Retry and Catch.
    SendFailed {
        /// The task of the message.
        task: TaskId,
        /// The error as Step Functions names it: `SQS.AmazonSQSException`, `SQS.SdkClientException`.
        error: String,
        /// What went wrong, for people.
        cause: String,
    },
    /// A worker answered with `SendTaskSuccess`.
    TaskSucceeded {
        /// The task that the token stands for.
        task: TaskId,
        /// The output that it sent.
        output: Value,
    },
    /// A worker answered with `SendTaskFailure`.
    TaskFailed {
        /// The task that the token stands for.
        task: TaskId,
        /// The error, if the worker named one.
        error: Option<String>,
        /// The cause, if the worker gave one.
        cause: Option<String>,
    },
    /// A worker called `SendTaskHeartbeat`.
    Heartbeat {
        /// The task that the token stands for.
        task: TaskId,
    },
    /// Nothing but time: [`crate::Frame::next_deadline`] has come, or a step ended with [`crate::Effect::Continue`].
    Tick,
    /// `StopExecution`.
    Stop {
        /// The error to end with.
        error: Option<String>,
        /// The cause to end with.
        cause: Option<String>,
    },
}

impl Event {
    /// The task that this event is about.
    pub fn task(&self) -> Option<TaskId> {
        match self {
            Event::MessageSent { task, .. }
            | Event::SendFailed { task, .. }
            | Event::TaskSucceeded { task, .. }
            | Event::TaskFailed { task, .. }
            | Event::Heartbeat { task } => Some(*task),
            Event::Tick | Event::Stop { .. } => None,
        }
    }
}
