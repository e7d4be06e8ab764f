//! The command line.

use crate::dead_letters::DeadLetters;
use crate::exit::{self, End};
use crate::import::Import;
use crate::settings::Settings;
use crate::settings_source::Sources;
use crate::settings_table::{Row, SettingsError};
use crate::{
    analyse, compose, dead_letters, doctor, gallery, import, maintain, paint, process, queues, replay,
    settings_command, status, telemetry, up,
};
use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use tokio::runtime::Runtime;

/// Photos in; faces, feelings, a picture, a melody and a gallery out.
///
/// What can be set is set by flags, by `SEMBLANTE_<KEY>` in the environment, or in semblante.toml; the first of these
/// that has a key counts. `semblante settings` lists the keys.
#[derive(Debug, Parser)]
#[command(name = "semblante", version, after_help = exit::HELP, max_term_width = 100)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    given: GivenSettings,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Work(Work),
    /// Check settings, data directory, database, disk, models and clock, a line each
    ///
    /// Each line begins with ok, failed or skipped; a failed one says what to do. The database is opened as a start
    /// would open it, so one of an earlier release is brought up to date. Ends with 1 if anything failed.
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print every setting with its value, where the value came from, and what it is for
    ///
    /// Secrets are masked. Ends with 2 if a setting is unknown or has a wrong value.
    Settings {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a completion script for a shell
    ///
    /// For bash: semblante completions bash > ~/.local/share/bash-completion/completions/semblante
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// What needs settings that are in order.
#[derive(Debug, Subcommand)]
enum Work {
    /// Start everything in one process: API, intake, five stages, state machine
    ///
    /// When it is ready it prints one line, "listening on http://ADDRESS:PORT". SIGTERM or Ctrl-C ends it; what is not
    /// finished then goes on at the next start.
    ///
    /// With --backend aws it polls the queues of an account in which template.yaml is deployed, beside the functions or,
    /// with their event sources disabled, in their place; Step Functions runs the state machine.
    #[command(after_help = up::EXAMPLES)]
    Up {
        /// Where to listen; port 0 takes a free one [setting: listen]
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<String>,
    },
    /// Send photos through the whole pipeline, without a server, and say what came of each
    ///
    /// Faces, feelings, a picture and a melody for each photo. Ends with 1 if a photo was refused or failed; no face is
    /// an outcome, not a failure.
    #[command(after_help = process::EXAMPLES)]
    Process(process::Arguments),
    /// Put photos of the file system into the installation, as somebody's uploads
    ///
    /// Works whether semblante up runs on the data directory or not, as do status, gallery, queues, dead-letters and
    /// replay: a running one is asked on a socket in the directory, else the directory is opened here.
    #[command(subcommand, after_help = import::EXAMPLES)]
    Import(Import),
    /// Say where an upload stands: every stage with its outcome, attempt, times and error
    #[command(after_help = status::EXAMPLES)]
    Status(status::Arguments),
    /// List what came of people's photos, newest first
    #[command(after_help = gallery::EXAMPLES)]
    Gallery(gallery::Arguments),
    /// Say how many messages wait in each queue, how many are hidden, and how old the oldest is
    ///
    /// Hidden are those that somebody works on, and those that are to come later.
    #[command(after_help = queues::EXAMPLES)]
    Queues(queues::Arguments),
    /// List, show and redrive messages that could not be settled
    #[command(subcommand, after_help = dead_letters::EXAMPLES)]
    DeadLetters(DeadLetters),
    /// Order the next attempt of uploads, from a stage on or where they are not good
    #[command(after_help = replay::EXAMPLES)]
    Replay(replay::Arguments),
    /// Look after uploads once: what never came, what stayed open, what a later attempt replaced
    ///
    /// A running semblante up does so every minute by itself. Ends with 1 if something could not be done.
    #[command(after_help = maintain::EXAMPLES)]
    Maintain(maintain::Arguments),
    /// Look at photos: faces and what they express
    #[command(after_help = analyse::EXAMPLES)]
    Analyse(analyse::Arguments),
    /// Paint the picture of an emotion
    #[command(after_help = paint::EXAMPLES)]
    Paint(paint::Arguments),
    /// Compose the melody of an emotion
    #[command(after_help = compose::EXAMPLES)]
    Compose(compose::Arguments),
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Settings")]
struct GivenSettings {
    /// Read settings from FILE instead of semblante.toml [env: SEMBLANTE_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set the data directory: --set data=DIR
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// Set where everything is kept: --set backend=embedded|aws
    #[arg(long, global = true, value_name = "BACKEND")]
    backend: Option<String>,
    /// Set any key; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
}

impl CommandLine {
    /// Does what was asked, with the environment that is passed.
    pub fn run(mut self, environment: BTreeMap<OsString, OsString>) -> anyhow::Result<End> {
        if let Command::Work(Work::Up { listen: Some(listen) }) = &self.command {
            self.given.set.push(("listen".to_owned(), listen.clone()));
        }
        let out = &mut io::stdout();
        let read = || self.given.read(environment);
        match self.command {
            Command::Completions { shell } => {
                clap_complete::generate(shell, &mut CommandLine::command(), "semblante", out);
                Ok(End::Well)
            }
            Command::Settings { json } => settings_command::run(&read()?.1, json, out),
            Command::Doctor { json } => {
                let read = read();
                if let Ok((settings, _)) = &read {
                    telemetry::start(settings);
                }
                runtime()?.block_on(doctor::run(&read, json, out))
            }
            Command::Work(work) => {
                let (settings, _) = read()?;
                telemetry::start(&settings);
                runtime()?.block_on(work.run(&settings, out))
            }
        }
    }
}

impl Work {
    /// Does it.
    async fn run(self, settings: &Settings, out: &mut impl Write) -> anyhow::Result<End> {
        match self {
            Work::Up { .. } => up::run(settings, out).await,
            Work::Process(asked) => process::run(settings, &asked, out).await,
            Work::Import(asked) => import::run(settings, &asked, out).await,
            Work::Status(asked) => status::run(settings, &asked, out).await,
            Work::Gallery(asked) => gallery::run(settings, &asked, out).await,
            Work::Queues(asked) => queues::run(settings, &asked, out).await,
            Work::DeadLetters(asked) => dead_letters::run(settings, &asked, out).await,
            Work::Replay(asked) => replay::run(settings, &asked, io::stdin(), out).await,
            Work::Maintain(asked) => maintain::run(settings, &asked, out).await,
            Work::Analyse(asked) => analyse::run(settings, &asked, out),
            Work::Paint(asked) => paint::run(&asked, out),
            Work::Compose(asked) => compose::run(&asked, out),
        }
    }
}

impl GivenSettings {
    fn read(self, environment: BTreeMap<OsString, OsString>) -> Result<(Settings, Vec<Row>), SettingsError> {
        let data = self.data.map(|dir| ("--data".to_owned(), "data".to_owned(), dir));
        let backend = self.backend.map(|backend| ("--backend".to_owned(), "backend".to_owned(), backend));
        let set = self.set.into_iter().map(|(key, value)| (format!("--set {key}"), key, value));
        let flags = set.chain(data).chain(backend).collect();
        Settings::read(&Sources { config: self.config, environment, flags })
    }
}

/// Threads for what blocks: readers of the database, files, and computations, which wait for a core before they come here.
/// Every thread keeps memory of what it freed, so many of them would keep much.
const BLOCKING_THREADS: usize = 16;

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().max_blocking_threads(BLOCKING_THREADS).enable_all().build()
}

fn key_and_value(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("it must be KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_setting_may_hold_an_equals_sign() {
        assert_eq!(key_and_value("log_level=warn,a=debug").unwrap().1, "warn,a=debug");
        assert!(key_and_value("log_level").is_err());
    }
}
