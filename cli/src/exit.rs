//! Exit codes. clap itself ends with 2 on wrong usage.

use crate::settings_table::SettingsError;
use std::io;
use std::process::ExitCode;

/// What `--help` says about them.
pub const HELP: &str = "\
Exit codes:
  0  all went well
  1  it failed: the message, or the rows marked \"failed\" or \"refused\", say what to do
  2  it was asked wrongly: a flag, an argument, or a setting, named with where it came from";

/// How a command ended that did what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All went well.
    Well,
    /// It found that something is wrong, and said so.
    Badly,
}

/// Whether whoever read the output has read enough of it, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The exit code of an end; an error is told on stderr.
pub fn code(end: anyhow::Result<End>) -> ExitCode {
    match end {
        Ok(End::Well) => ExitCode::SUCCESS,
        Ok(End::Badly) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            format!("{error:#}").lines().for_each(|line| eprintln!("semblante: {line}"));
            ExitCode::from(if error.is::<SettingsError>() { 2 } else { 1 })
        }
    }
}
