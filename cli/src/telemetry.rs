//! Logs, on stderr: stdout is for what a command prints.

use crate::print::Screen;
use crate::settings::Settings;
use ::settings::LogFormat;
use std::io::{self, IsTerminal, Write};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging for the whole process; called once. Colours are for terminals, unless `no_color` says otherwise.
pub fn start(settings: &Settings, levels: Targets, no_color: bool, screen: &Screen) {
    let terminal = io::stderr().is_terminal();
    let text = match settings.log_format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => terminal,
    };
    let registry = tracing_subscriber::registry().with(levels);
    let lines = fmt::layer().with_writer(BesideBars(screen.clone()));
    match text {
        true => registry.with(lines.with_ansi(terminal && !no_color)).init(),
        // The innermost span repeats the fields of the outer ones.
        false => registry.with(lines.json().flatten_event(true).with_span_list(false)).init(),
    }
}

/// Writes log lines to stderr while the bars step aside.
struct BesideBars(Screen);

impl<'a> MakeWriter<'a> for BesideBars {
    type Writer = &'a BesideBars;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Write for &BesideBars {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.beside_bars(|| io::stderr().write(line))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
