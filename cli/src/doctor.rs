//! `semblante doctor`: is this machine fit to run Semblante, and if not, what is to be done?

mod account;
mod clock;
mod data_directory;
mod database;
mod disk;
mod finding;
mod models;
mod queues;

use crate::exit::End;
use crate::rows::Rows;
use crate::settings::{Backend, FaceEngineChoice, Settings};
use crate::settings_source::Origin;
use crate::settings_table::{Row, SettingsError};
use finding::{Finding, State};
use indicatif::ProgressBar;
use std::io::Write;

/// Looks at everything and prints a line for each check.
pub async fn run(
    read: &Result<(Settings, Vec<Row>), SettingsError>,
    json: bool,
    out: &mut impl Write,
) -> anyhow::Result<End> {
    let mut end = End::Well;
    let mut rows = Rows::begin(out, json, "checks", ProgressBar::hidden())?;
    for finding in examine(read).await {
        rows.row(&serde_json::to_value(&finding)?, || finding.to_string())?;
        if finding.state == State::Failed {
            end = End::Badly;
        }
    }
    rows.end(&[])?;
    Ok(end)
}

async fn examine(read: &Result<(Settings, Vec<Row>), SettingsError>) -> Vec<Finding> {
    let (settings, rows) = match read {
        Ok(read) => read,
        Err(error) => {
            return error.to_string().lines().map(|line| Finding::failed("settings", line, "")).collect();
        }
    };
    let mut findings = vec![settings_finding(rows)];
    match settings.backend {
        Backend::Embedded => findings.extend(machine(settings).await),
        Backend::Aws => findings.extend(account::check(settings).await),
    }
    findings.push(match settings.face_engine {
        FaceEngineChoice::Embedded => models::check(&settings.models_dir),
        FaceEngineChoice::Rekognition => Finding::skipped("models", "Rekognition finds the faces"),
    });
    findings.push(clock::check(&settings.data, jiff::Timestamp::now()));
    findings
}

/// What one machine needs.
async fn machine(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let directory = data_directory::check(&settings.data);
    let sound = directory.iter().all(|finding| finding.state != State::Failed);
    findings.extend(directory);
    match sound {
        true => findings.extend(database::check(settings).await),
        false => findings.push(Finding::skipped("database", "the data directory comes first")),
    }
    findings.extend(disk::check(&settings.data));
    findings
}

fn settings_finding(rows: &[Row]) -> Finding {
    let given = rows.iter().filter(|row| row.origin != Origin::Default).count();
    let known = rows.len();
    Finding::ok("settings", format!("{given} of {known} given, the rest have their defaults"))
}
