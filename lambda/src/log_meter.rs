//! Measurements as lines of the log, where CloudWatch Logs Insights sums them up: a function has no memory that outlives it.

use domain::ports::Meter;
use domain::{Code, Outcome, QueueName, Stage};
use std::time::Duration;

/// Writes measurements into the log.
pub struct LogMeter;

impl Meter for LogMeter {
    fn stage_ran(&self, stage: Stage, took: Duration) {
        tracing::info!(%stage, duration_ms = took.as_millis() as u64, "stage ran");
    }

    fn stage_ended(&self, stage: Stage, outcome: &Outcome) {
        let code = match outcome {
            Outcome::Failed { code } => Some(code.as_str()),
            _ => None,
        };
        tracing::info!(%stage, outcome = outcome.as_str(), code, "stage ended");
    }

    fn stage_retried(&self, stage: Stage) {
        tracing::info!(%stage, "stage retried");
    }

    fn dead_lettered(&self, queue: QueueName, code: &Code) {
        tracing::info!(%queue, %code, "dead lettered");
    }

    fn object_refused(&self, code: &Code) {
        tracing::info!(%code, "object refused");
    }

    fn object_ignored(&self, why: &'static str) {
        tracing::info!(why, "object ignored");
    }
}
