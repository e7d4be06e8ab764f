//! Settings that are one of a few words.

use crate::values::Expected;
use tracing_subscriber::filter::{LevelFilter, Targets};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// A data directory on this machine.
    #[default]
    Embedded,
    /// The AWS account in which template.yaml is deployed.
    Aws,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FaceEngine {
    /// The networks of crate `vision`.
    #[default]
    Embedded,
    Rekognition,
}

/// What an acknowledged write survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A loss of power.
    #[default]
    Full,
    /// A crash of the process.
    Normal,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    #[default]
    Auto,
    Text,
    /// One JSON object a line.
    Json,
}

/// Whether there is a demo user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DemoUser {
    /// Where only this machine reaches the API.
    #[default]
    Auto,
    On,
    Off,
}

/// Whether faces are enrolled under e-mail addresses, and compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enrolment {
    #[default]
    Off,
    /// By the account that has the address.
    Account,
    /// Without an account too.
    Open,
}

/// What function `ingest` receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entrance {
    /// Requests of the HTTP API.
    #[default]
    Http,
    /// Messages of queue `uploads`.
    Uploads,
}

/// What generates pictures, or melodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provider {
    /// The makers of crate `muse`.
    #[default]
    Embedded,
}

pub(crate) const BACKENDS: [(&str, Backend); 2] = [("embedded", Backend::Embedded), ("aws", Backend::Aws)];
pub(crate) const FACE_ENGINES: [(&str, FaceEngine); 2] =
    [("embedded", FaceEngine::Embedded), ("rekognition", FaceEngine::Rekognition)];
pub(crate) const DURABILITIES: [(&str, Durability); 2] =
    [("full", Durability::Full), ("normal", Durability::Normal)];
pub(crate) const LOG_FORMATS: [(&str, LogFormat); 3] =
    [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];
pub(crate) const ENTRANCES: [(&str, Entrance); 2] =
    [("http", Entrance::Http), ("uploads", Entrance::Uploads)];
pub(crate) const PROVIDERS: [(&str, Provider); 1] = [("embedded", Provider::Embedded)];
pub(crate) const DEMO_USERS: [(&str, DemoUser); 3] =
    [("auto", DemoUser::Auto), ("on", DemoUser::On), ("off", DemoUser::Off)];
pub(crate) const ENROLMENTS: [(&str, Enrolment); 3] =
    [("off", Enrolment::Off), ("account", Enrolment::Account), ("open", Enrolment::Open)];
pub(crate) const TENANT_SIGNUPS: [(&str, bool); 2] = [("open", true), ("closed", false)];
pub(crate) const SWITCH: [(&str, bool); 2] = [("on", true), ("off", false)];

/// The minimum level of log lines, by module; `auto` leaves it to the program.
#[derive(Clone, Debug, Default)]
pub struct LogLevel(Option<Targets>);

impl LogLevel {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

    /// `auto`, a level, or levels by module: `warn,embedded=debug`.
    pub(crate) fn parse(text: &str) -> Result<Self, Expected> {
        let expected =
            || "auto, off, error, warn, info, debug or trace, also by module: warn,embedded=debug".to_owned();
        if text == "auto" {
            return Ok(LogLevel(None));
        }
        // `Targets` takes an unknown word alone for a module with every level: a mistyped level would log everything.
        let is_level = |part: &str| LogLevel::LEVELS.contains(&part.rsplit('=').next().unwrap_or(part));
        match text.split(',').all(is_level) {
            true => text.parse().map(|targets| LogLevel(Some(targets))).map_err(|_| expected()),
            false => Err(expected()),
        }
    }

    /// The levels; `auto` is `level`.
    pub fn or(&self, level: LevelFilter) -> Targets {
        self.0.clone().unwrap_or_else(|| Targets::new().with_default(level))
    }
}
