//! Logs: one JSON object a line on stdout, which Lambda puts into the function's log.

use tracing::Level;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging for the whole process; called once.
pub fn start(level: Level) {
    let lines = fmt::layer().json().flatten_event(true).with_writer(std::io::stdout);
    tracing_subscriber::registry().with(LevelFilter::from_level(level)).with(lines).init();
}
