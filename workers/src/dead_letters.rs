//! Turns messages of the dead-letter queues into rows, and ends the tasks behind them.

use crate::reply::{Over, reply, reply_superseded};
use crate::resolve::{OpenTask, Resolution, resolve};
use async_trait::async_trait;
use domain::handler::Body;
use domain::ports::PortError;
use domain::{Code, Handler, IntakeMessage, Message, Outcome, Ports, StageResult, Verdict};
use lifecycle::{Finished, dead_letter, erasure, user_erasure};

/// Handles dead letters of any queue.
pub struct DeadLetterHandler {
    ports: Ports,
}

impl DeadLetterHandler {
    pub fn new(ports: Ports) -> Self {
        DeadLetterHandler { ports }
    }

    async fn settle(&self, message: &Message) -> Result<(), PortError> {
        let ports = &self.ports;
        if message.queue.stage().is_none() {
            self.write(message, Code::dead_lettered()).await?;
            return match &message.body {
                // When it succeeds, the row goes too.
                Body::Intake(IntakeMessage::Erase(order)) => erasure::postpone(ports, order).await,
                Body::Intake(IntakeMessage::EraseUser(order)) => user_erasure::postpone(ports, order).await,
                _ => Ok(()),
            };
        }
        let (task, finished) = match resolve(ports, message).await? {
            Resolution::Done => return Ok(()),
            Resolution::AlreadyRecorded(task, outcome) => (task, Finished::Recorded(outcome)),
            Resolution::Pending(open) => (open.task, fail(ports, &open).await?),
        };
        match finished {
            Finished::Superseded => reply_superseded(ports, task, Over::Superseded).await,
            Finished::Erased => reply_superseded(ports, task, Over::Erased).await,
            Finished::Recorded(outcome) => {
                reply(ports, task, &outcome).await?;
                match outcome {
                    Outcome::Failed { code } => self.write(message, code).await,
                    _ => Ok(()),
                }
            }
        }
    }

    async fn write(&self, message: &Message, code: Code) -> Result<(), PortError> {
        dead_letter::write(&self.ports, message, code, "received too often").await
    }
}

/// Records the failure of a stage that settled none of its message's deliveries.
async fn fail(ports: &Ports, open: &OpenTask<'_>) -> Result<Finished, PortError> {
    let failed = Outcome::Failed { code: Code::dead_lettered() };
    let result = StageResult {
        receive_count: open.delivery.receive_count,
        ..StageResult::without_work(failed, open.upload.attempt, open.started_at)
    };
    lifecycle::finish_stage(ports, &open.upload, open.stage(), &result).await
}

#[async_trait]
impl Handler for DeadLetterHandler {
    async fn handle(&self, message: &Message) -> Verdict {
        match self.settle(message).await {
            Ok(()) => Verdict::Acknowledge,
            Err(error) => {
                tracing::warn!(queue = %message.queue, %error, "dead letter not settled; it is delivered again");
                Verdict::Leave
            }
        }
    }
}
