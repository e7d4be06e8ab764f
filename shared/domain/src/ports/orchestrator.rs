//! Runs the state machine: Step Functions, or the embedded interpreter of the same file.

use super::error::PortError;
use crate::execution::{ExecutionInput, ExecutionName, ExecutionStatus};
use crate::task::TaskToken;
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

/// The result of answering a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The execution continued with the answer.
    Accepted,
    /// The token is dead: answered, timed out, stopped, or never issued. AWS's `TaskTimedOut`, `InvalidToken` and
    /// `TaskDoesNotExist`, which callers treat alike.
    TokenGone,
}

/// An execution's state and data.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// The status of the execution.
    pub status: ExecutionStatus,
    /// The input of the execution.
    pub input: Value,
    /// The moment of its start.
    pub started_at: Timestamp,
    /// The moment of its end; None while it runs.
    pub ended_at: Option<Timestamp>,
    /// The output of a succeeded execution.
    pub output: Option<Value>,
    /// The error of a failed execution, if it has one.
    pub error: Option<String>,
    /// The cause of that error.
    pub cause: Option<String>,
}

/// Starts executions and takes the answers of workers. Each Task sends its message to a stage's queue. The end of an
/// execution that FAILED, TIMED_OUT or was ABORTED is reported to queue `uploads`.
#[async_trait]
pub trait Orchestrator: Send + Sync {
    /// Starts an execution. Starting it again with the same input is success, whether it still runs or not.
    /// `Conflict`: the name was used with another input.
    async fn start(&self, name: &ExecutionName, input: &ExecutionInput) -> Result<(), PortError>;

    /// Answers a task with a result.
    async fn succeed(&self, token: &TaskToken, output: Value) -> Result<Answered, PortError>;

    /// Answers a task with a failure.
    async fn fail(&self, token: &TaskToken, error: &str, cause: &str) -> Result<Answered, PortError>;

    /// Stops an execution and kills its tokens; it ends ABORTED. An ended or missing execution is left as it is.
    async fn stop(&self, name: &ExecutionName, error: &str, cause: &str) -> Result<(), PortError>;

    /// An execution; None if it does not exist.
    async fn describe(&self, name: &ExecutionName) -> Result<Option<Execution>, PortError>;
}
