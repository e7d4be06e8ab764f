//! Settles one message of one stage, in an order in which a crash between any two steps loses nothing and doubles
//! nothing: settle what is settled, adopt what is stored, work, store, answer, acknowledge.

use crate::answer;
use crate::backoff;
use crate::limits::Limits;
use crate::pass::{self, Pass};
use crate::stage_worker::{StageWorker, Work};
use crate::store::{self, Stored};
use async_trait::async_trait;
use domain::Ports;
use domain::pending::Pending;
use domain::ports::maker::Job;
use domain::ports::queue::{Delivery, MAX_DELAY, MessageGroup, NewMessage};
use domain::ports::{PortError, PortErrorKind};
use domain::{
    Code, Handler, Outcome, QueueName, Stage, StageEnd, StageOutput, StageResult, StageTask, Timestamp,
    Upload, Verdict,
};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// Settles the messages of one stage.
pub struct Settle {
    ports: Ports,
    worker: Arc<dyn StageWorker>,
    limits: Limits,
}

/// A delivery on its way through the steps.
struct Attempted<'a> {
    delivery: &'a Delivery,
    task: &'a StageTask,
    upload: &'a Upload,
    started_at: Timestamp,
}

impl Settle {
    /// Settles the messages of `worker`'s stage.
    pub fn new(ports: Ports, worker: Arc<dyn StageWorker>, limits: Limits) -> Self {
        Settle { ports, worker, limits }
    }

    fn stage(&self) -> Stage {
        self.worker.stage()
    }

    async fn settle(&self, delivery: &Delivery) -> Result<Verdict, PortError> {
        let (upload, task) = match pass::pass(&self.ports, QueueName::of(self.stage()), delivery).await? {
            Pass::Settled | Pass::HadResult(_) => return Ok(Verdict::Acknowledge),
            Pass::Open(upload, task) => (upload, task),
        };
        let started_at = self.ports.clock.now();
        let attempted = Attempted { delivery, task: &task, upload: &upload, started_at };
        let pending = upload.pending.get(&self.stage());
        // Whoever dies with an artefact stored leaves his message to be received again, or what is pending in the record.
        if (delivery.receive_count > 1 || pending.is_some())
            && let Some(output) = store::adopt(&self.ports, self.stage(), &upload).await?
        {
            return self.done(&attempted, output).await;
        }
        if let Some(pending) = pending {
            if pending.deadline <= started_at {
                return self
                    .reject(&attempted, Code::deadline(), "the job outside did not end in time")
                    .await;
            }
            let wait = pending.wait(started_at);
            if !wait.is_zero() {
                // Before its time a message only moves its visibility, so twins do no harm.
                return self.leave(delivery, wait).await;
            }
        }
        match self.work(&upload, pending).await {
            StageEnd::Done(output) => self.done(&attempted, *output).await,
            StageEnd::Later { after, job } => self.later(&attempted, after, job).await,
            StageEnd::Reject { code, detail } => self.reject(&attempted, code, &detail).await,
            StageEnd::Retry(cause) => self.retry(&attempted, cause).await,
        }
    }

    /// The stage's work, with its time limit and its panics caught. Both are retries: they may be the machine's fault.
    async fn work(&self, upload: &Upload, pending: Option<&Pending>) -> StageEnd {
        let clock = &self.ports.clock;
        let started_at = clock.now();
        let limit = started_at + self.limits.time;
        let run = AssertUnwindSafe(self.worker.run(Work { upload, pending })).catch_unwind();
        let end = tokio::select! {
            ended = run => ended.unwrap_or_else(|_| StageEnd::Retry("the stage panicked".into())),
            () = clock.sleep_until(limit) => StageEnd::Retry("the stage took too long".into()),
        };
        let took = Duration::try_from(clock.now().duration_since(started_at)).unwrap_or_default();
        self.ports.meter.stage_ran(self.stage(), took);
        end
    }

    async fn done(&self, attempted: &Attempted<'_>, mut output: StageOutput) -> Result<Verdict, PortError> {
        store::put(&self.ports, self.stage(), attempted.upload, &mut output).await?;
        let result = StageResult {
            outcome: output.outcome,
            made_by: output.made_by,
            finding: output.finding,
            ..self.result(attempted, Outcome::Succeeded)
        };
        self.finish(attempted, result).await
    }

    async fn reject(
        &self,
        attempted: &Attempted<'_>,
        code: Code,
        detail: &str,
    ) -> Result<Verdict, PortError> {
        tracing::info!(code = %code, detail, "rejected");
        self.finish(attempted, self.result(attempted, Outcome::Failed { code })).await
    }

    /// Writes the result, answers, and is done. Who lost the write to the attempt's end takes back what he put.
    async fn finish(&self, attempted: &Attempted<'_>, result: StageResult) -> Result<Verdict, PortError> {
        let (task, upload) = (attempted.task, attempted.upload);
        let answered = match store::record(&self.ports, task, upload, &result).await? {
            Stored::Yes(written) => answer::from_record(&self.ports, task, &written).await?,
            Stored::Moot => {
                store::discard(&self.ports, task.stage, upload).await?;
                let passed = pass::pass(&self.ports, QueueName::of(task.stage), attempted.delivery).await?;
                !matches!(passed, Pass::Open(..))
            }
        };
        match answered {
            true => Ok(Verdict::Acknowledge),
            false => Err(PortError::broken("a result that was written is not there")),
        }
    }

    fn result(&self, attempted: &Attempted<'_>, outcome: Outcome) -> StageResult {
        StageResult {
            started_at: attempted.started_at,
            receive_count: attempted.delivery.receive_count,
            ..StageResult::without_work(outcome, attempted.upload.attempt, self.ports.clock.now())
        }
    }

    /// Not this message's fault: what must survive goes into the record, and the same body is sent again.
    async fn later(
        &self,
        attempted: &Attempted<'_>,
        after: Duration,
        job: Option<Job>,
    ) -> Result<Verdict, PortError> {
        let (stage, now) = (self.stage(), self.ports.clock.now());
        let known = attempted.upload.pending.get(&stage);
        let deadline = known.map_or(now + self.limits.deadline, |pending| pending.deadline);
        let pending = Pending {
            job: job.or(known.and_then(|pending| pending.job.clone())),
            submitting_since: None,
            submits: known.map_or(0, |pending| pending.submits),
            deadline,
            next_poll_at: (now + after).min(deadline),
        };
        let delay = pending.wait(now).min(MAX_DELAY);
        store::pend(&self.ports, attempted.task, attempted.upload, &pending).await?;
        let tenant = &attempted.upload.tenant_id;
        let group = match attempted.upload.replay {
            true => MessageGroup::replay(tenant),
            false => MessageGroup::live(tenant),
        };
        let body = attempted.delivery.body.clone();
        let again = NewMessage { delay, ..NewMessage::new(body, Some(group)) };
        self.ports.queue.send(QueueName::of(stage), vec![again]).await?;
        Ok(Verdict::Acknowledge)
    }

    /// Our fault, or nobody knows whose. On the last receive the failure is recorded and answered, and the message is
    /// left to become a dead letter.
    async fn retry(
        &self,
        attempted: &Attempted<'_>,
        cause: Box<dyn std::error::Error + Send + Sync>,
    ) -> Result<Verdict, PortError> {
        let delivery = attempted.delivery;
        let receive_count = delivery.receive_count;
        tracing::warn!(cause = %cause, "stage failed");
        if receive_count >= self.limits.max_receives {
            let failed = Outcome::Failed { code: Code::retries_exhausted() };
            self.finish(attempted, self.result(attempted, failed)).await?;
            return self.leave(delivery, Duration::ZERO).await;
        }
        self.ports.meter.stage_retried(self.stage());
        self.leave(delivery, backoff::delay(&self.limits, receive_count)).await
    }

    async fn leave(&self, delivery: &Delivery, away: Duration) -> Result<Verdict, PortError> {
        match self.ports.queue.extend(QueueName::of(self.stage()), &delivery.receipt, away).await {
            Ok(()) => Ok(Verdict::Leave),
            // Its visibility ended: somebody else may have it by now, which is what leaving it means.
            Err(error) if error.kind == PortErrorKind::NotFound => Ok(Verdict::Leave),
            Err(error) => Err(error),
        }
    }
}

#[async_trait]
impl Handler for Settle {
    async fn handle(&self, delivery: &Delivery) -> Verdict {
        match self.settle(delivery).await {
            Ok(verdict) => verdict,
            Err(error) => {
                tracing::warn!(error = %error, "a message could not be settled");
                self.ports.meter.stage_retried(self.stage());
                let away = backoff::delay(&self.limits, delivery.receive_count);
                match self.leave(delivery, away).await {
                    Ok(verdict) => verdict,
                    Err(error) => {
                        tracing::warn!(error = %error, "its visibility could not be moved either");
                        Verdict::Leave
                    }
                }
            }
        }
    }
}
