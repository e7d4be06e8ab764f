//! The command line.

use crate::commands::accounts::{Operators, Users};
use crate::commands::accuracy::Bench;
use crate::commands::dead_letters::DeadLetters;
use crate::commands::import::Import;
use crate::commands::keys::Keys;
use crate::commands::{
    accounts, accuracy, analyse, compose, dead_letters, doctor, gallery, import, keys, maintain, paint,
    process, queues, replay, settings, status, up,
};
use crate::exit::{self, Exit};
use crate::print::{Printer, Screen};
use crate::settings::{Flag, Settings, SettingsError, Sources};
use crate::telemetry;
use ::settings::Row;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use tokio::runtime::Runtime;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// Turn photos into faces, emotions, a picture, a melody and a gallery.
///
/// Settings come from flags, from `SEMBLANTE_<KEY>` in the environment, and from semblante.toml, in this order. `semblante
/// settings` lists the keys.
#[derive(Debug, Parser)]
#[command(name = "semblante", version, after_help = exit::HELP, max_term_width = 100)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    settings: SettingFlags,
    #[command(flatten)]
    output: OutputFlags,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Work(Work),
    /// Check settings, data directory, database, disk, models and clock
    ///
    /// Prints a line per check, which begins with ok, failed or skipped. A failed check says what to do. The database
    /// is opened as at a start, so the database of an earlier release is upgraded. Exits with 1 if a check failed.
    #[command(after_help = "Examples:\n  semblante doctor\n  semblante doctor --data photos --json")]
    Doctor,
    /// Print every setting with its value, its origin and its purpose
    ///
    /// Secrets are masked. Exits with 2 if a setting is unknown or has a wrong value.
    #[command(
        after_help = "Examples:\n  semblante settings\n  semblante settings --set log_format=json --json"
    )]
    Settings,
    /// Print a completion script for a shell
    ///
    /// For bash: semblante completions bash > ~/.local/share/bash-completion/completions/semblante
    Completions {
        /// Shell that reads the script
        shell: Shell,
    },
}

/// What needs valid settings.
#[derive(Debug, Subcommand)]
enum Work {
    /// Start everything in one process: API, intake, five stages, state machine
    ///
    /// Prints "listening on http://ADDRESS:PORT" when it is ready, and a line with the address of metrics if it has one.
    /// SIGTERM or Ctrl-C stops it; unfinished work continues at the next start.
    ///
    /// With --backend aws it polls the queues of an account in which template.yaml is deployed, beside the functions or,
    /// with their event sources disabled, in their place. Step Functions runs the state machine.
    #[command(after_help = up::EXAMPLES)]
    Up {
        /// Address to listen on; port 0 takes a free port [setting: listen]
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<String>,
    },
    /// Send photos through the whole pipeline, without a server, and print a row per photo
    ///
    /// Finds faces and emotions, and generates a picture and a melody per photo. Exits with 1 if a photo was refused or
    /// failed; a photo without a face is not a failure. With --json it prints one array.
    #[command(after_help = process::EXAMPLES)]
    Process(process::Arguments),
    /// Store photos of the file system in the installation, as uploads of a user
    ///
    /// Works with and without a running semblante up, as do status, gallery, queues, dead-letters, replay and maintain: a
    /// running one is asked over a socket in the data directory; otherwise the command opens the directory itself.
    #[command(subcommand, after_help = import::EXAMPLES)]
    Import(Import),
    /// Print the status of an upload: each stage with its outcome, attempt, times and error
    #[command(after_help = status::EXAMPLES)]
    Status(status::Arguments),
    /// List the results of users' photos, newest first
    #[command(after_help = gallery::EXAMPLES)]
    Gallery(gallery::Arguments),
    /// Print the depth of each queue and the age of its oldest message
    ///
    /// Messages in flight are being processed, or are delayed.
    #[command(after_help = queues::EXAMPLES)]
    Queues,
    /// List, show and redrive messages that could not be processed
    #[command(subcommand, after_help = dead_letters::EXAMPLES)]
    DeadLetters(DeadLetters),
    /// List and create users, change their role, and disable them
    ///
    /// Sessions of a changed user end at once; another process may let one read for up to 30 seconds.
    #[command(subcommand, after_help = accounts::USERS_EXAMPLES)]
    Users(Users),
    /// Create operators, who may use the whole installation
    #[command(subcommand, after_help = accounts::OPERATORS_EXAMPLES)]
    Operators(Operators),
    /// Rotate the key that signs access tokens
    #[command(subcommand, after_help = keys::EXAMPLES)]
    Keys(Keys),
    /// Start the next attempt of uploads, from a stage on or of the stages that did not succeed
    #[command(after_help = replay::EXAMPLES)]
    Replay(replay::Arguments),
    /// Run one round of maintenance: expired uploads, stale attempts, superseded files
    ///
    /// A running semblante up does so every minute. Exits with 1 if an action failed.
    #[command(after_help = maintain::EXAMPLES)]
    Maintain(maintain::Arguments),
    /// Analyse photos: their faces and emotions
    #[command(after_help = analyse::EXAMPLES)]
    Analyse(analyse::Arguments),
    /// Paint the picture of an emotion
    #[command(after_help = paint::EXAMPLES)]
    Paint(paint::Arguments),
    /// Compose the melody of an emotion
    #[command(after_help = compose::EXAMPLES)]
    Compose(compose::Arguments),
    /// Measure how well the embedded engine does on your own photos
    #[command(subcommand)]
    Bench(Bench),
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Settings")]
struct SettingFlags {
    /// Read settings from FILE instead of semblante.toml [env: SEMBLANTE_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Use the data directory DIR [setting: data]
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<String>,
    /// Store data in: embedded, aws [setting: backend]
    #[arg(long, global = true, value_name = "BACKEND")]
    backend: Option<String>,
    /// Set any key; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
struct OutputFlags {
    /// Print one JSON document
    #[arg(long, global = true)]
    json: bool,
    /// Log more: info, -vv debug, -vvv trace
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
    /// Print results and errors only: no progress, notes or warnings
    #[arg(short, long, global = true)]
    quiet: bool,
}

/// The help of subcommands: examples stand before the options.
const TEMPLATE: &str = "\
{before-help}{about-with-newline}
{usage-heading} {usage}{after-help}

{all-args}";

impl CommandLine {
    /// Reads the process's arguments; on help and usage errors the process exits.
    pub fn read() -> Self {
        let matches = CommandLine::whole().get_matches();
        CommandLine::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    fn whole() -> clap::Command {
        CommandLine::command().mut_subcommands(with_examples_first)
    }

    /// Runs the command, with the environment that is passed.
    pub fn run(self, environment: BTreeMap<OsString, OsString>) -> anyhow::Result<Exit> {
        let CommandLine { command, settings, output } = self;
        let no_color = environment.get(OsStr::new("NO_COLOR")).is_some_and(|value| !value.is_empty());
        let screen = Screen::new(output.quiet);
        let out = &mut io::stdout();
        let printer = &mut Printer::new(out, screen.clone(), output.json);
        let read = || settings.read(command.listen(), environment);
        let log = |settings: &Settings, level| {
            telemetry::start(settings, output.levels(settings, level), no_color, &screen);
        };
        match &command {
            Command::Completions { shell } => {
                clap_complete::generate(*shell, &mut CommandLine::whole(), "semblante", &mut io::stdout());
                Ok(Exit::Success)
            }
            Command::Settings => settings::run(&read()?.1, printer),
            Command::Doctor => {
                let read = read();
                if let Ok((settings, _)) = &read {
                    log(settings, LevelFilter::WARN);
                }
                runtime()?.block_on(doctor::run(&read, printer))
            }
            Command::Work(work) => {
                let (settings, _) = read()?;
                log(&settings, work.log_level());
                runtime()?.block_on(work.run(&settings, printer))
            }
        }
    }
}

fn with_examples_first(command: clap::Command) -> clap::Command {
    command.help_template(TEMPLATE).mut_subcommands(with_examples_first)
}

impl Command {
    /// What flag --listen says.
    fn listen(&self) -> Option<String> {
        match self {
            Command::Work(Work::Up { listen }) => listen.clone(),
            _ => None,
        }
    }
}

impl Work {
    /// The minimum level that is logged where nothing else is asked for: a server tells more than a command.
    fn log_level(&self) -> LevelFilter {
        match self {
            Work::Up { .. } => LevelFilter::INFO,
            _ => LevelFilter::WARN,
        }
    }

    async fn run(&self, settings: &Settings, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
        match self {
            Work::Up { .. } => up::run(settings, printer).await,
            Work::Process(arguments) => process::run(settings, arguments, printer).await,
            Work::Import(import) => import::run(settings, import, printer).await,
            Work::Status(arguments) => status::run(settings, arguments, printer).await,
            Work::Gallery(arguments) => gallery::run(settings, arguments, printer).await,
            Work::Queues => queues::run(settings, printer).await,
            Work::DeadLetters(command) => dead_letters::run(settings, command, printer).await,
            Work::Users(command) => accounts::users(settings, command, io::stdin(), printer).await,
            Work::Operators(command) => accounts::operators(settings, command, io::stdin(), printer).await,
            Work::Keys(command) => keys::run(settings, command, printer).await,
            Work::Replay(arguments) => replay::run(settings, arguments, io::stdin(), printer).await,
            Work::Maintain(arguments) => maintain::run(settings, arguments, printer).await,
            Work::Analyse(arguments) => analyse::run(settings, arguments, printer),
            Work::Paint(arguments) => paint::run(arguments, printer),
            Work::Compose(arguments) => compose::run(arguments, printer),
            Work::Bench(bench) => accuracy::run(settings, bench, printer),
        }
    }
}

impl SettingFlags {
    fn read(
        self,
        listen: Option<String>,
        environment: BTreeMap<OsString, OsString>,
    ) -> Result<(Settings, Vec<Row>), SettingsError> {
        let flag = |key: &str, value| Flag { typed: format!("--{key}"), key: key.to_owned(), value };
        let set = self.set.into_iter().map(|(key, value)| Flag { typed: format!("--set {key}"), key, value });
        let data = self.data.map(|dir| flag("data", dir));
        let backend = self.backend.map(|backend| flag("backend", backend));
        let listen = listen.map(|address| flag("listen", address));
        let flags = set.chain(data).chain(backend).chain(listen).collect();
        Settings::read(&Sources { config: self.config, environment, flags })
    }
}

impl OutputFlags {
    /// The levels that are logged: by these flags, else by the settings, else `level`.
    fn levels(&self, settings: &Settings, level: LevelFilter) -> Targets {
        let flags = match (self.quiet, self.verbose) {
            (true, _) => LevelFilter::ERROR,
            (false, 0) => return settings.log_level.or(level),
            (false, 1) => level.max(LevelFilter::INFO),
            (false, 2) => LevelFilter::DEBUG,
            (false, _) => LevelFilter::TRACE,
        };
        Targets::new().with_default(flags)
    }
}

/// Threads for blocking work: readers of the database, files, and computations, which wait for a core before. Each
/// thread keeps memory that it has freed, so many threads would keep much.
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
    fn the_command_line_is_consistent() {
        CommandLine::whole().debug_assert();
    }

    #[test]
    fn a_setting_may_hold_an_equals_sign() {
        assert_eq!(key_and_value("log_level=warn,a=debug").unwrap().1, "warn,a=debug");
        assert!(key_and_value("log_level").is_err());
    }
}
