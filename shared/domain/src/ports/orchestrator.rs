//! Runs the state machine: Step Functions, or the embedded interpreter of the same file.

use super::error::PortError;
use crate::execution::{ExecutionInput, ExecutionName, ExecutionStatus};
use crate::task::TaskToken;
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

/// What became of an answer to a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The execution went on with it.
    Accepted,
    /// Nobody waits for it any more: answered, timed out, stopped, or never issued. AWS's `TaskTimedOut`,
    /// `InvalidToken` and `TaskDoesNotExist`, which callers treat alike.
    TokenGone,
}

/// What is known of an execution.
#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// Where it stands.
    pub status: ExecutionStatus,
    /// What it was started with.
    pub input: Value,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its output, where it succeeded.
    pub output: Option<Value>,
    /// Its error, where it failed with one.
    pub error: Option<String>,
    /// The error's cause.
    pub cause: Option<String>,
}

/// Starts executions and takes the answers of workers. Each Task sends its message to a stage's queue. An execution
/// that ends FAILED, TIMED_OUT or ABORTED is told to queue `uploads`.
#[async_trait]
pub trait Orchestrator: Send + Sync {
    /// Starts an execution. Starting it again with the same input is success, whether it still runs or not.
    /// `Conflict`: the name was used with another input.
    async fn start(&self, name: &ExecutionName, input: &ExecutionInput) -> Result<(), PortError>;

    /// Answers a task with a result.
    async fn succeed(&self, token: &TaskToken, output: Value) -> Result<Answered, PortError>;

    /// Answers a task with a failure.
    async fn fail(&self, token: &TaskToken, error: &str, cause: &str) -> Result<Answered, PortError>;

    /// Stops an execution and kills its tokens; it ends ABORTED. One that has ended, or is not there, is left alone.
    async fn stop(&self, name: &ExecutionName, error: &str, cause: &str) -> Result<(), PortError>;

    /// What is known of an execution; None where there is none.
    async fn describe(&self, name: &ExecutionName) -> Result<Option<Execution>, PortError>;
}
