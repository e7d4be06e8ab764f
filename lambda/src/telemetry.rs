//! Logs and measurements: one JSON object a line on stdout, which Lambda puts into the function's log. A line costs as much
//! as a read of DynamoDB, so the runtime's own fields are left out; ours name the upload and the trace.

use domain::ports::Meter;
use domain::{Code, Outcome, QueueName, Stage};
use std::time::Duration;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging for the whole process; called once.
pub fn start(levels: Targets) {
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(std::io::stdout);
    let of_runtime = levels.default_level().unwrap_or(LevelFilter::OFF).min(LevelFilter::WARN);
    let levels = levels.with_target("lambda_runtime", of_runtime);
    tracing_subscriber::registry().with(levels).with(lines).init();
}

/// Writes measurements into the log at level debug: a function has no memory that outlives it, and CloudWatch Logs
/// Insights can sum up the lines that are logged at level info anyway.
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
        tracing::debug!(%queue, %code, "message dead-lettered");
    }

    fn object_refused(&self, code: &Code) {
        tracing::debug!(%code, "object refused");
    }

    fn object_ignored(&self, why: &'static str) {
        tracing::debug!(why, "object ignored");
    }
}
