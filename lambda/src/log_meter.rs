//! Measurements as lines of the log: a function has no memory that outlives it. Whoever measures has written a line of his
//! own, which CloudWatch Logs Insights sums up as well, except for an event that came again: these are for who asks for more.

use domain::ports::Meter;
use domain::{Code, Outcome, QueueName, Stage};
use std::time::Duration;

/// Writes measurements into the log.
pub struct LogMeter;

impl Meter for LogMeter {
    fn stage_ran(&self, stage: Stage, took: Duration) {
        tracing::debug!(%stage, duration_ms = took.as_millis() as u64, "stage ran");
    }

    fn stage_ended(&self, stage: Stage, outcome: &Outcome) {
        let code = match outcome {
            Outcome::Failed { code } => Some(code.as_str()),
            _ => None,
        };
        tracing::debug!(%stage, outcome = outcome.as_str(), code, "stage ended");
    }

    fn stage_retried(&self, stage: Stage) {
        tracing::debug!(%stage, "stage retried");
    }

    fn dead_lettered(&self, queue: QueueName, code: &Code) {
        tracing::debug!(%queue, %code, "dead lettered");
    }

    fn object_refused(&self, code: &Code) {
        tracing::debug!(%code, "object refused");
    }

    fn object_ignored(&self, why: &'static str) {
        tracing::debug!(why, "object ignored");
    }
}
