//! `semblante doctor`: whether this machine can run Semblante, and if not, what to do.

mod data;
mod finding;
mod machine;
mod proxy;
mod stack;

use crate::exit::Exit;
use crate::print::Printer;
use crate::settings::{Settings, SettingsError};
use ::settings::{Backend, FaceEngine, Origin, Row};
use finding::{Finding, State};

/// Checks everything and prints a line for each check.
pub async fn run(
    read: &Result<(Settings, Vec<Row>), SettingsError>,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let (mut list, mut good) = (printer.list("checks"), true);
    for finding in examine(read).await {
        list.row(&finding, || finding.to_string())?;
        good &= finding.state != State::Failed;
    }
    list.end()?;
    Ok(Exit::success_if(good))
}

async fn examine(read: &Result<(Settings, Vec<Row>), SettingsError>) -> Vec<Finding> {
    let (settings, rows) = match read {
        Ok(read) => read,
        Err(error) => {
            return error.to_string().lines().map(|line| Finding::failed("settings", line, "")).collect();
        }
    };
    let mut findings = vec![settings_finding(rows)];
    findings.extend(proxy::check(&settings.listen, settings.given_public_url(), &settings.trusted_proxies));
    findings.push(proxy::demo_user(settings));
    match settings.backend {
        Backend::Embedded => findings.extend(one_machine(settings).await),
        Backend::Aws => findings.extend(stack::check(settings).await),
    }
    findings.push(match settings.face_engine {
        FaceEngine::Embedded => machine::models(&settings.models_dir),
        FaceEngine::Rekognition => Finding::skipped("models", "Rekognition finds the faces"),
    });
    findings.push(machine::clock(&settings.data, jiff::Timestamp::now()));
    findings
}

/// The checks of an installation on one machine.
async fn one_machine(settings: &Settings) -> Vec<Finding> {
    let mut findings = data::directory(&settings.data);
    match findings.iter().all(|finding| finding.state != State::Failed) {
        true => findings.extend(data::database(settings).await),
        false => findings.push(Finding::skipped("database", "the data directory must be usable first")),
    }
    findings.extend(machine::disk(&settings.data));
    findings
}

fn settings_finding(rows: &[Row]) -> Finding {
    let given = rows.iter().filter(|row| row.origin != Origin::Default).count();
    Finding::ok("settings", format!("{given} of {} are set, the others have their defaults", rows.len()))
}
