//! Settles a message of one stage in five steps: resolve, adopt, run, commit, reply. A crash between any two of them loses
//! nothing and doubles nothing, because each step first looks for what an earlier delivery has left.

use crate::adopt::adopt;
use crate::commit::{Committed, commit};
use crate::limits::Limits;
use crate::reply::{reply, reply_superseded};
use crate::resolve::{Resolution, resolve};
use crate::run::{Decision, run};
use crate::stage_worker::StageWorker;
use async_trait::async_trait;
use domain::ports::{PortError, PortErrorKind};
use domain::{Handler, Message, Ports, Verdict};
use std::sync::Arc;
use std::time::Duration;

/// Settles the messages of one stage.
pub struct Settle {
    ports: Ports,
    worker: Arc<dyn StageWorker>,
    limits: Limits,
}

impl Settle {
    pub fn new(ports: Ports, worker: Arc<dyn StageWorker>, limits: Limits) -> Self {
        Settle { ports, worker, limits }
    }

    async fn settle(&self, message: &Message) -> Result<Verdict, PortError> {
        let ports = &self.ports;
        let open = match resolve(ports, message).await? {
            Resolution::Pending(open) => open,
            Resolution::Done => return Ok(Verdict::Acknowledge),
            Resolution::AlreadyRecorded(task, outcome) => {
                reply(ports, task, &outcome).await?;
                return Ok(Verdict::Acknowledge);
            }
        };
        let decision = match adopt(ports, &open).await? {
            Some(output) => Decision::Record(Box::new(output)),
            None => run(ports, self.worker.as_ref(), &self.limits, &open).await,
        };
        let leaves_for = decision.leaves_for();
        match commit(ports, &open, decision).await? {
            Committed::Recorded(outcome) => reply(ports, open.task, &outcome).await?,
            Committed::Superseded(over) => reply_superseded(ports, open.task, over).await?,
            Committed::Unfinished => {}
        }
        match leaves_for {
            None => Ok(Verdict::Acknowledge),
            Some(delay) => self.leave(message, delay).await,
        }
    }

    /// Leaves a message hidden for `delay`.
    async fn leave(&self, message: &Message, delay: Duration) -> Result<Verdict, PortError> {
        match self.ports.queue.extend(message.queue, &message.delivery.receipt, delay).await {
            Ok(()) => Ok(Verdict::Leave),
            // The visibility timeout has ended: another worker may have it by now, which is what leaving means.
            Err(error) if error.kind == PortErrorKind::NotFound => Ok(Verdict::Leave),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Handler for Settle {
    async fn handle(&self, message: &Message) -> Verdict {
        let error = match self.settle(message).await {
            Ok(verdict) => return verdict,
            Err(error) => error,
        };
        tracing::warn!(%error, "stage message not settled; it is delivered again");
        self.ports.meter.stage_retried(self.worker.stage());
        let delay = self.limits.backoff.delay(message.delivery.receive_count);
        self.leave(message, delay).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "visibility timeout of a stage message not changed");
            Verdict::Leave
        })
    }
}
