//! How a command ends: its exit code, and an error on stderr. clap itself ends with 2 on a usage error.

use crate::print;
use crate::settings::SettingsError;
use std::io;
use std::process::ExitCode;

/// What `--help` says about exit codes.
pub const HELP: &str = "\
Exit codes:
  0  success
  1  failure: the message, or the rows marked failed or refused, say what to do
  2  usage error: bad flag, argument or setting; the message names it and where it came from";

/// How a command ended that ran to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Success,
    /// Something is wrong, and the output says what.
    Failure,
}

/// A usage error that only the command itself can see.
#[derive(Debug, thiserror::Error)]
#[error("usage error: {0}")]
pub struct UsageError(pub String);

impl Exit {
    pub fn success_if(good: bool) -> Self {
        if good { Exit::Success } else { Exit::Failure }
    }
}

/// The exit code; an error is printed on stderr. A reader that has read enough, as `head` does, is no error.
pub fn code(ended: anyhow::Result<Exit>) -> ExitCode {
    match ended {
        Ok(Exit::Success) => ExitCode::SUCCESS,
        Ok(Exit::Failure) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            print::harmless(&message(&error)).lines().for_each(|line| eprintln!("semblante: {line}"));
            ExitCode::from(if error.is::<SettingsError>() || error.is::<UsageError>() { 2 } else { 1 })
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The error with its causes. Many errors repeat their cause in their own words, so a cause that was said is left out.
fn message(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| match said.as_str() {
        "" => cause,
        _ if said.contains(&cause) => said,
        _ => format!("{said}: {cause}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn each_cause_is_said_once() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot open data/lock: {0}")]
        struct Repeats(#[source] io::Error);
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let repeated = Err::<(), _>(Repeats(denied())).context("the data directory").unwrap_err();
        assert_eq!(message(&repeated), "the data directory: cannot open data/lock: permission denied");
        let once = Err::<(), _>(denied()).context("out.jpg").unwrap_err();
        assert_eq!(message(&once), "out.jpg: permission denied");
    }
}
