//! What a step asks of its host.

use serde_json::Value;

use crate::frame::{Status, TaskId};
use crate::history::HistoryEvent;
use crate::message::Message;

/// One thing for the host to do, in the transaction that stores the frame and in the order given.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every effect is a history event; a box for each would only cost"
)]
pub enum Effect {
    /// Send a message to a queue, keep its token if it has one, and answer with [`crate::Event::MessageSent`] or
    /// [`crate::Event::SendFailed`] once all effects of this step are applied; a host whose queue lives in the same
    /// database does so in the same transaction.
    SendMessage(Message),
    /// The task is over for this execution (answered, timed out, stopped): its token answers `TaskTimedOut` from now on.
    KillToken {
        /// The task whose token dies.
        task: TaskId,
    },
    /// Append to the execution's history.
    History(HistoryEvent),
    /// The execution is over. Always the last effect.
    Ended(End),
    /// The step stopped at its limit of transitions: store the frame, then call [`crate::step`] with
    /// [`crate::Event::Tick`] at once. Always the last effect.
    Continue,
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    /// Never [`Status::Running`].
    pub status: Status,
    /// The output of a succeeded execution.
    pub output: Option<Value>,
    /// The error of a failed or aborted one, if there is one.
    pub error: Option<String>,
    /// The cause of a failed or aborted one, if there is one.
    pub cause: Option<String>,
}
