//! Logs: one JSON object a line on stdout, which Lambda puts into the function's log. A line costs as much as a read of
//! DynamoDB: what the runtime adds to each is left out, for what we add says which upload and which trace it is about.

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging for the whole process; called once.
pub fn start(level: Level) {
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(std::io::stdout);
    let level = LevelFilter::from_level(level);
    let of_runtime = level.min(LevelFilter::WARN);
    let targets = Targets::new().with_default(level).with_target("lambda_runtime", of_runtime);
    tracing_subscriber::registry().with(targets).with(lines).init();
}
