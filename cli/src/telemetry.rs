//! Logs, on stderr: stdout belongs to what a command was asked for.

use crate::settings::{LogFormat, Settings};
use std::io::{self, IsTerminal};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging for the whole process; called once.
pub fn start(settings: &Settings) {
    let terminal = io::stderr().is_terminal();
    let text = match settings.log_format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => terminal,
    };
    let registry = tracing_subscriber::registry().with(settings.log_level.clone());
    match text {
        true => registry.with(fmt::layer().with_writer(io::stderr).with_ansi(terminal)).init(),
        false => {
            // The innermost span says all that the outer ones do.
            let lines = fmt::layer().json().flatten_event(true).with_span_list(false);
            registry.with(lines.with_writer(io::stderr)).init();
        }
    }
}
