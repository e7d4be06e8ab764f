//! `semblante import photos`: photos of the file system become a user's uploads.

use super::batch::{AGAIN, Batch, Outcome, Photo};
use super::interrupt::Interrupt;
use super::photo_search::{self, Skipped};
use crate::boot;
use crate::control::Client;
use crate::control::api::UserDocument;
use crate::exit::Exit;
use crate::pipeline::Pipeline;
use crate::print::{self, Printer, Screen};
use crate::settings::Settings;
use anyhow::bail;
use domain::{QueueName, Status, TenantId, UserId};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

pub const EXAMPLES: &str = "\
Examples:
  semblante import photos holiday --user ana@example.com
  semblante import photos holiday --user ana@example.com --create --process

Files of a directory that are not photos, links, and directories of thumbnails or deleted files are skipped; each is \
printed with the reason. Ctrl-C stops the command when the photos that it has begun are stored. The command may be \
repeated: photos that are already stored count as duplicates. Exits with 1 if a photo was refused or, with --process, \
failed, if there was no photo, or after Ctrl-C.";

#[derive(clap::Subcommand, Debug)]
pub enum Import {
    /// Store photos in the installation, as uploads of a user
    #[command(after_help = EXAMPLES)]
    Photos(Arguments),
}

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Photos, and directories to search for photos
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// User who gets the uploads; default: the tenant's only user
    #[arg(long, value_name = "ID|EMAIL")]
    user: Option<String>,
    /// Tenant of the user
    #[arg(long, value_name = "TENANT", default_value = "default", value_parser = TenantId::parse)]
    tenant: TenantId,
    /// Create the user (without a password) if missing; requires --user EMAIL
    #[arg(long, requires = "user")]
    create: bool,
    /// Wait until the photos are processed; without a running semblante up, process them here
    #[arg(long)]
    process: bool,
}

/// What JSON says beside the photos.
#[derive(Serialize)]
struct Summary<'a> {
    skipped: &'a [Skipped],
    tenant_id: &'a TenantId,
    user_id: &'a UserId,
    outcomes: BTreeMap<&'static str, usize>,
    states: BTreeMap<&'static str, usize>,
    /// Ctrl-C stopped it before its end.
    interrupted: bool,
}

pub async fn run(settings: &Settings, import: &Import, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    let Import::Photos(arguments) = import;
    let interrupt = Interrupt::listen()?;
    let found = photo_search::find(&arguments.paths)?;
    let client = Client::reach(settings, arguments.create).await?;
    let pipeline = match client.installation().filter(|_| arguments.process && !client.is_running()) {
        Some(installation) => {
            let (engines, queues) = (boot::engines(settings).await?, QueueName::live().collect::<Vec<_>>());
            Some(Pipeline::start(
                installation.clone(),
                &engines,
                &queues,
                settings.max_receives,
                settings.enrolment_retention,
            ))
        }
        None => None,
    };
    let screen = printer.screen().clone();
    let who = (arguments.user.as_deref(), arguments.create);
    let batch = Batch::open(&client, &arguments.tenant, who, &screen).await?;
    let mut photos = batch.store(&found.photos, &interrupt).await?;
    if arguments.process {
        wait(&batch, &mut photos, &screen, &interrupt).await?;
    }
    if let Some(pipeline) = pipeline {
        pipeline.shut_down().await;
    }
    report(&batch, &photos, &found.skipped, interrupt.is_raised(), printer)?;
    if interrupt.is_raised() {
        bail!("interrupted: {} of {} photos were sent; {AGAIN}", photos.len(), found.photos.len());
    }
    if !client.is_running() && !arguments.process {
        printer.note("semblante up is not running: it will process the photos at its next start; --process does it now")?;
    }
    Ok(Exit::success_if(!photos.is_empty() && photos.iter().all(Photo::is_good)))
}

/// Waits for the ends of photos, until an interrupt.
async fn wait(
    batch: &Batch<'_>,
    photos: &mut [Photo],
    screen: &Screen,
    interrupt: &Interrupt,
) -> anyhow::Result<()> {
    let bar = screen.bar(photos.len(), "photos processed");
    for photo in photos {
        if !batch.wait(photo, interrupt).await? {
            break;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Prints what was skipped, the photos that are not good, and with --json all of them.
fn report(
    batch: &Batch<'_>,
    photos: &[Photo],
    skipped: &[Skipped],
    interrupted: bool,
    printer: &mut Printer<'_>,
) -> std::io::Result<()> {
    let all = printer.is_json();
    let mut list = printer.list("photos");
    for photo in photos.iter().filter(|photo| all || !photo.is_good()) {
        list.row(photo, || line(photo))?;
    }
    for skipped in skipped {
        list.note(&skipped.to_string())?;
    }
    let left_out = skipped.iter().map(|_| "skipped");
    let outcomes = counts(photos.iter().map(|photo| photo.outcome.as_str()).chain(left_out));
    let states = counts(photos.iter().filter_map(|photo| photo.state).map(Status::as_str));
    for counts in [&outcomes, &states] {
        let counted: Vec<String> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
        if !counted.is_empty() {
            list.note(&counted.join(", "))?;
        }
    }
    let UserDocument { tenant_id, user_id, .. } = batch.user();
    list.end_with(&Summary { skipped, tenant_id, user_id, outcomes, states, interrupted })
}

fn counts(words: impl Iterator<Item = &'static str>) -> BTreeMap<&'static str, usize> {
    words.fold(BTreeMap::new(), |mut counts, word| {
        *counts.entry(word).or_default() += 1;
        counts
    })
}

fn line(photo: &Photo) -> String {
    let word = photo.state.map_or(Outcome::as_str(photo.outcome), Status::as_str);
    let why = match (&photo.code, &photo.detail, photo.upload_id) {
        (Some(code), Some(detail), _) => format!("{code}: {detail}"),
        (_, _, Some(id)) => format!("semblante status {id}"),
        _ => String::new(),
    };
    format!("{word:<9} {}  {why}", print::name(&photo.file))
}
