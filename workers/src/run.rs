//! Step 3: the stage runs within its time limit, and its end decides the next step with the message.

use crate::limits::Limits;
use crate::resolve::OpenTask;
use crate::stage_worker::{StageWorker, Work};
use domain::stage_result::Job;
use domain::stage_result::Pending;
use domain::{Code, Outcome, Ports, StageEnd, StageOutput};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// The next step with a message.
pub(crate) enum Decision {
    /// Write this result and answer.
    Record(Box<StageOutput>),
    /// The same on the last receive: the message is left to become a dead letter.
    GiveUp(Box<StageOutput>),
    /// Send it again when the outside job may be polled.
    Postpone(Pending),
    /// Nothing; it is delivered again after this delay.
    Leave(Duration),
}

impl Decision {
    /// How long the message stays hidden; None if it is acknowledged.
    pub(crate) fn leaves_for(&self) -> Option<Duration> {
        match self {
            Decision::Record(_) | Decision::Postpone(_) => None,
            Decision::GiveUp(_) => Some(Duration::ZERO),
            Decision::Leave(delay) => Some(*delay),
        }
    }

    fn reject(code: Code, detail: &str) -> Self {
        tracing::info!(%code, detail, "stage rejected its input");
        Decision::Record(failed(code))
    }
}

fn failed(code: Code) -> Box<StageOutput> {
    Box::new(StageOutput::bare(Outcome::Failed { code }))
}

pub(crate) async fn run(
    ports: &Ports,
    worker: &dyn StageWorker,
    limits: &Limits,
    open: &OpenTask<'_>,
) -> Decision {
    let pending = open.upload.pending.get(&open.stage());
    if let Some(pending) = pending {
        if pending.deadline <= open.started_at {
            return Decision::reject(Code::deadline(), "the outside job did not end in time");
        }
        let wait = pending.wait(open.started_at);
        if !wait.is_zero() {
            // An early message only moves its visibility, so twins do no harm.
            return Decision::Leave(wait);
        }
    }
    let work = Work { upload: &open.upload, pending };
    match within_limits(ports, worker, limits.time, work).await {
        StageEnd::Done(output) => Decision::Record(output),
        StageEnd::Reject { code, detail } => Decision::reject(code, &detail),
        StageEnd::Later { after, job } => Decision::Postpone(postponed(ports, limits, work, after, job)),
        StageEnd::Retry(cause) => retry(ports, limits, open, cause),
    }
}

/// The stage's work. A panic or a timeout may be the machine's fault, so both are retries.
async fn within_limits(ports: &Ports, worker: &dyn StageWorker, time: Duration, work: Work<'_>) -> StageEnd {
    let started_at = ports.clock.now();
    let run = AssertUnwindSafe(worker.run(work)).catch_unwind();
    let end = tokio::select! {
        ended = run => ended.unwrap_or_else(|_| StageEnd::Retry("the stage panicked".into())),
        () = ports.clock.sleep_until(started_at + time) => StageEnd::Retry("the stage took too long".into()),
    };
    let took = Duration::try_from(ports.clock.now().duration_since(started_at)).unwrap_or_default();
    ports.meter.stage_ran(worker.stage(), took);
    end
}

/// The outside job, to be stored until the message is delivered again.
fn postponed(ports: &Ports, limits: &Limits, work: Work<'_>, after: Duration, job: Option<Job>) -> Pending {
    let now = ports.clock.now();
    let deadline = work.pending.map_or(now + limits.deadline, |pending| pending.deadline);
    let known = || work.pending.and_then(|pending| pending.job.clone());
    Pending { job: job.or_else(known), deadline, next_poll_at: (now + after).min(deadline) }
}

fn retry(
    ports: &Ports,
    limits: &Limits,
    open: &OpenTask<'_>,
    cause: Box<dyn std::error::Error + Send + Sync>,
) -> Decision {
    tracing::warn!(%cause, "stage failed");
    let receive_count = open.delivery.receive_count;
    if receive_count >= limits.max_receives {
        return Decision::GiveUp(failed(Code::retries_exhausted()));
    }
    ports.meter.stage_retried(open.stage());
    Decision::Leave(limits.backoff.delay(receive_count))
}
