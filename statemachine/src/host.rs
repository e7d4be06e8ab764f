//! What passes between an execution and its host: events go in, effects come out.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::history::HistoryEvent;
use crate::message::{Message, TaskId};

/// An external event, input of [`crate::step`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// SQS accepted the message of [`Effect::SendMessage`].
    MessageSent {
        /// The task that sent the message.
        task: TaskId,
        /// SQS's answer `{MessageId, MD5OfMessageBody, ..}`; see [`Message::accepted`].
        output: Value,
    },
    /// SQS refused the message or could not be reached. Goes through Retry and Catch.
    SendFailed {
        /// The task that sent the message.
        task: TaskId,
        /// The error as Step Functions names it: `SQS.AmazonSQSException`, `SQS.SdkClientException`.
        error: String,
        /// The cause in readable form.
        cause: String,
    },
    /// A worker called `SendTaskSuccess`.
    TaskSucceeded {
        /// The task that the token belongs to.
        task: TaskId,
        /// The output that the worker sent.
        output: Value,
    },
    /// A worker called `SendTaskFailure`.
    TaskFailed {
        /// The task that the token belongs to.
        task: TaskId,
        /// The error, if the worker named one.
        error: Option<String>,
        /// The cause, if the worker gave one.
        cause: Option<String>,
    },
    /// A worker called `SendTaskHeartbeat`.
    Heartbeat {
        /// The task that the token belongs to.
        task: TaskId,
    },
    /// Only time has passed: [`crate::Frame::next_deadline`] is due, or a step ended with [`Effect::Continue`].
    Tick,
    /// An operator called `StopExecution`.
    Stop {
        /// The error of the aborted execution.
        error: Option<String>,
        /// The cause of the aborted execution.
        cause: Option<String>,
    },
}

impl Event {
    /// The task that the event is for; `None` for events of the whole execution.
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

/// An action for the host, applied in the transaction that stores the frame and in the given order.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every effect is a history event; boxing each one costs more than it saves"
)]
pub enum Effect {
    /// Send a message, store its token if it has one, and answer with [`Event::MessageSent`] or
    /// [`Event::SendFailed`] after all effects of this step are applied. A host whose queue lives in the same database
    /// does so in the same transaction.
    SendMessage(Message),
    /// The execution no longer waits for the task (answered, timed out or stopped): from now on its token answers
    /// `TaskTimedOut`.
    KillToken {
        /// The task whose token expires.
        task: TaskId,
    },
    /// Append to the execution's history.
    History(HistoryEvent),
    /// The execution has ended. Always the last effect.
    Ended(End),
    /// The step reached [`crate::TRANSITIONS_PER_STEP`]: store the frame, then call [`crate::step`] with
    /// [`Event::Tick`] at once. Always the last effect.
    Continue,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// Any status but [`Status::Running`].
    pub status: Status,
    /// The output of a succeeded execution.
    pub output: Option<Value>,
    /// The error of a failed or aborted execution, if it has one.
    pub error: Option<String>,
    /// The cause of a failed or aborted execution, if it has one.
    pub cause: Option<String>,
}

/// The execution's status, as `DescribeExecution` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// The execution has not ended.
    Running,
    /// Ended with an output.
    Succeeded,
    /// Ended by an error that no Catch handled.
    Failed,
    /// Ended by the machine's own TimeoutSeconds.
    TimedOut,
    /// Ended by a call of `StopExecution`.
    Aborted,
}

impl Status {
    /// As AWS writes it: `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT`, `ABORTED`.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Running => "RUNNING",
            Status::Succeeded => "SUCCEEDED",
            Status::Failed => "FAILED",
            Status::TimedOut => "TIMED_OUT",
            Status::Aborted => "ABORTED",
        }
    }
}
