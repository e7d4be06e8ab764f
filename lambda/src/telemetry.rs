//! Logs and measurements: one JSON object a line on stdout, which Lambda puts into the function's log. A line costs as much
//! as a read of DynamoDB, so the runtime's own fields are left out; ours name the upload and the trace.

use domain::ports::Meter;
use domain::{Code, Outcome, QueueName, Stage, Timestamp};
use std::io::Write;
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

/// Writes durations and failures of stages into the log as metrics, in CloudWatch's embedded metric format: a function has no
/// memory that outlives it. Everything else is logged at level debug.
pub struct LogMeter {
    /// The namespace of the metrics.
    pub stack: String,
}

impl LogMeter {
    fn write(&self, stage: Stage, metric: (&str, &str), value: u64) {
        let line = metric_line(&self.stack, stage, metric, value, Timestamp::now());
        if let Err(error) = writeln!(std::io::stdout(), "{line}") {
            tracing::warn!(%error, "metric not written");
        }
    }
}

/// `metric` is a name and a unit of CloudWatch. The only dimension is the stage: each combination of values is charged.
fn metric_line(
    stack: &str,
    stage: Stage,
    (name, unit): (&str, &str),
    value: u64,
    now: Timestamp,
) -> serde_json::Value {
    serde_json::json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": stack,
                "Dimensions": [["Stage"]],
                "Metrics": [{"Name": name, "Unit": unit}],
            }],
        },
        "Stage": stage.as_str(),
        name: value,
    })
}

impl Meter for LogMeter {
    fn stage_ran(&self, stage: Stage, took: Duration) {
        self.write(stage, ("StageDuration", "Milliseconds"), took.as_millis() as u64);
    }

    fn stage_ended(&self, stage: Stage, outcome: &Outcome) {
        if matches!(outcome, Outcome::Failed { .. }) {
            self.write(stage, ("StageFailed", "Count"), 1);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// As in "Specification: Embedded metric format" of the CloudWatch Logs guide.
    #[test]
    fn a_metric_is_a_line_that_cloudwatch_reads() {
        let now = Timestamp::from_millisecond(1_795_600_000_000).expect("a moment");
        let metric = ("StageDuration", "Milliseconds");
        let line = metric_line("photos", Stage::FaceDetection, metric, 512, now);
        let definition = json!({
            "Namespace": "photos",
            "Dimensions": [["Stage"]],
            "Metrics": [{"Name": "StageDuration", "Unit": "Milliseconds"}],
        });
        let metadata = json!({"Timestamp": 1_795_600_000_000_u64, "CloudWatchMetrics": [definition]});
        assert_eq!(line, json!({"_aws": metadata, "Stage": "face-detection", "StageDuration": 512}));
        assert!(!line.to_string().contains('\n'));
    }
}
