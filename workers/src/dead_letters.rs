//! Turns messages of the dead-letter queues into rows, and ends the tasks behind them.

use crate::pass::{self, Pass, write_row};
use crate::store;
use async_trait::async_trait;
use domain::Ports;
use domain::ports::PortError;
use domain::ports::queue::Delivery;
use domain::{Code, Handler, Outcome, QueueName, StageResult, StageTask, Verdict};

/// Handles the dead letters of one queue.
pub struct DeadLetterHandler {
    ports: Ports,
    queue: QueueName,
}

impl DeadLetterHandler {
    /// Handles the dead letters of `queue` (the dead-letter queue itself or its source).
    pub fn new(ports: Ports, queue: QueueName) -> Self {
        DeadLetterHandler { ports, queue: queue.dead_letters() }
    }

    async fn settle(&self, delivery: &Delivery) -> Result<(), PortError> {
        if self.queue.stage().is_none() {
            return write_row(&self.ports, self.queue, delivery, None, Code::dead_lettered()).await;
        }
        match pass::pass(&self.ports, self.queue, delivery).await? {
            Pass::Settled => Ok(()),
            Pass::HadResult(upload) => {
                let result = self.queue.stage().and_then(|stage| upload.results.get(&stage));
                match result.map(|result| &result.outcome) {
                    Some(Outcome::Failed { code }) => self.bury(delivery, code.clone()).await,
                    _ => Ok(()),
                }
            }
            Pass::Open(upload, task) => {
                let failed = Outcome::Failed { code: Code::dead_lettered() };
                let now = self.ports.clock.now();
                let result = StageResult {
                    receive_count: delivery.receive_count,
                    ..StageResult::without_work(failed, upload.attempt, now)
                };
                store::record(&self.ports, &task, &upload, &result).await?;
                pass::pass(&self.ports, self.queue, delivery).await?;
                self.bury(delivery, Code::dead_lettered()).await
            }
        }
    }

    async fn bury(&self, delivery: &Delivery, code: Code) -> Result<(), PortError> {
        let task = StageTask::parse(&delivery.body).ok();
        tracing::error!(queue = %self.queue.source(), message.id = delivery.message_id, code = %code, "dead letter");
        write_row(&self.ports, self.queue, delivery, task.as_ref(), code).await
    }
}

#[async_trait]
impl Handler for DeadLetterHandler {
    async fn handle(&self, delivery: &Delivery) -> Verdict {
        match self.settle(delivery).await {
            Ok(()) => Verdict::Acknowledge,
            Err(error) => {
                tracing::warn!(queue = %self.queue, error = %error, "a dead letter could not be settled");
                Verdict::Leave
            }
        }
    }
}
