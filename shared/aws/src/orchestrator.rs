//! Executions in Step Functions.

use crate::clients::Clients;
use crate::clock::from_sdk;
use crate::error::{self, unreadable};
use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use domain::ports::orchestrator::{Answered, Execution};
use domain::ports::{self, PortError};
use domain::{ExecutionInput, ExecutionName, ExecutionStatus, TaskToken};
use serde_json::Value;
use settings::Resources;
use std::sync::Arc;

/// The longest task token of Step Functions.
const MAX_TOKEN: usize = 2048;
/// The most bytes of a failure's error and cause.
const MAX_ERROR: usize = 256;
const MAX_CAUSE: usize = 32_768;
/// Codes of a token that no task waits for any more.
const TOKEN_GONE: [&str; 3] = ["InvalidToken", "TaskDoesNotExist", "TaskTimedOut"];
const NO_EXECUTION: &str = "ExecutionDoesNotExist";

#[derive(Clone)]
pub struct Orchestrator {
    client: Client,
    resources: Arc<Resources>,
}

impl Orchestrator {
    pub fn new(clients: &Clients, resources: &Arc<Resources>) -> Self {
        Orchestrator { client: clients.sfn.clone(), resources: resources.clone() }
    }

    /// The ARN, `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME`, of an execution.
    fn arn(&self, name: &ExecutionName) -> String {
        format!("{}:{name}", self.resources.state_machine_arn.replacen(":stateMachine:", ":execution:", 1))
    }
}

fn is_token(token: &TaskToken) -> bool {
    (1..=MAX_TOKEN).contains(&token.0.len())
}

fn refused(code: Option<&str>) -> Option<Answered> {
    code.filter(|code| TOKEN_GONE.contains(code)).map(|_| Answered::TokenGone)
}

fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

fn execution(described: DescribeExecutionOutput) -> Result<Execution, PortError> {
    let status = Value::from(described.status.as_str());
    let output = described.output.map(|output| serde_json::from_str(&output)).transpose();
    Ok(Execution {
        status: serde_json::from_value::<ExecutionStatus>(status).map_err(unreadable)?,
        input: serde_json::from_str(described.input.as_deref().unwrap_or("{}")).map_err(unreadable)?,
        started_at: from_sdk(&described.start_date),
        ended_at: described.stop_date.as_ref().map(from_sdk),
        output: output.map_err(unreadable)?,
        error: described.error,
        cause: described.cause,
    })
}

#[async_trait]
impl ports::Orchestrator for Orchestrator {
    async fn start(&self, name: &ExecutionName, input: &ExecutionInput) -> Result<(), PortError> {
        let input = serde_json::to_value(input).map_err(unreadable)?;
        let started = self
            .client
            .start_execution()
            .state_machine_arn(&self.resources.state_machine_arn)
            .name(name.as_str())
            .input(input.to_string())
            .send()
            .await;
        match started {
            Ok(_) => Ok(()),
            // It runs with another input or has ended; the error does not say which.
            Err(error) if error::code(&error) == Some("ExecutionAlreadyExists") => {
                match self.describe(name).await? {
                    Some(there) if there.input == input => Ok(()),
                    _ => Err(PortError::conflict("the name was used with another input")),
                }
            }
            Err(error) => Err(error::port("states:StartExecution", error)),
        }
    }

    async fn succeed(&self, token: &TaskToken, output: Value) -> Result<Answered, PortError> {
        if !is_token(token) {
            return Ok(Answered::TokenGone);
        }
        let sent =
            self.client.send_task_success().task_token(&token.0).output(output.to_string()).send().await;
        let Err(error) = sent else { return Ok(Answered::Accepted) };
        refused(error::code(&error)).ok_or_else(|| error::port("states:SendTaskSuccess", error))
    }

    async fn fail(&self, token: &TaskToken, error: &str, cause: &str) -> Result<Answered, PortError> {
        if !is_token(token) {
            return Ok(Answered::TokenGone);
        }
        let answer = self.client.send_task_failure().task_token(&token.0);
        let sent = answer.error(cut(error, MAX_ERROR)).cause(cut(cause, MAX_CAUSE)).send().await;
        let Err(error) = sent else { return Ok(Answered::Accepted) };
        refused(error::code(&error)).ok_or_else(|| error::port("states:SendTaskFailure", error))
    }

    async fn stop(&self, name: &ExecutionName, error: &str, cause: &str) -> Result<(), PortError> {
        let order = self.client.stop_execution().execution_arn(self.arn(name));
        let sent = order.error(cut(error, MAX_ERROR)).cause(cut(cause, MAX_CAUSE)).send().await;
        let Err(error) = sent else { return Ok(()) };
        if error::code(&error) == Some(NO_EXECUTION) {
            return Ok(());
        }
        // It is not documented whether stopping an ended execution is an error.
        match self.describe(name).await? {
            Some(there) if there.status != ExecutionStatus::Running => Ok(()),
            _ => Err(error::port("states:StopExecution", error)),
        }
    }

    async fn describe(&self, name: &ExecutionName) -> Result<Option<Execution>, PortError> {
        match self.client.describe_execution().execution_arn(self.arn(name)).send().await {
            Ok(described) => execution(described).map(Some),
            Err(error) if error::code(&error) == Some(NO_EXECUTION) => Ok(None),
            Err(error) => Err(error::port("states:DescribeExecution", error)),
        }
    }
}
