//! `semblante process`: the whole pipeline on photos of the file system, without a server and without an account.

use super::batch::{Batch, Photo};
use super::interrupt::Interrupt;
use super::outcome::Row;
use super::photo_search;
use crate::boot;
use crate::control::Client;
use crate::exit::Exit;
use crate::pipeline::Pipeline;
use crate::print::Printer;
use crate::settings::Settings;
use anyhow::{Context, bail};
use domain::{Ports, QueueName, Record, TenantId};
use std::path::{Path, PathBuf};

pub const EXAMPLES: &str = "\
Examples:
  semblante process models/sample1.jpg --out made
  semblante process holiday --json > holiday.json";

const MAX_PHOTO_BYTES: u64 = 32 << 20;
/// Links are not shown, so they need no address.
const PUBLIC_URL: &str = "http://localhost";
const TENANT: &str = "local";
const USER: &str = "local@localhost";

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Photos, and directories to search for photos
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Write each photo's picture, melody, score and preview into DIR
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Processes the photos in an installation of the run's own, and prints a row for each as soon as it has ended.
pub async fn run(
    settings: &Settings,
    arguments: &Arguments,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let interrupt = Interrupt::listen()?;
    let found = photo_search::find(&arguments.paths)?;
    if let Some(out) = &arguments.out {
        std::fs::create_dir_all(out).with_context(|| format!("--out {}", out.display()))?;
    }
    let engines = boot::engines(settings).await?;
    let data = tempfile::tempdir().context("a temporary data directory")?;
    let installation = boot::open_directory(settings, data.path(), PUBLIC_URL).await?;
    let ports = installation.ports.clone();
    let client = Client::here(installation, PUBLIC_URL, MAX_PHOTO_BYTES);
    let installation = client.installation().context("this process has opened it")?.clone();
    let queues: Vec<QueueName> = QueueName::live().collect();
    let pipeline =
        Pipeline::start(installation, &engines, &queues, settings.max_receives, settings.enrolment_retention);

    let (tenant, screen) = (TenantId::parse(TENANT)?, printer.screen().clone());
    let batch = Batch::open(&client, &tenant, (Some(USER), true), &screen).await?;
    let stored = batch.store(&found.photos, &interrupt).await?;
    let bar = screen.bar(stored.len(), "photos processed");
    let (mut list, mut good, mut ended) = (printer.array(), !found.photos.is_empty(), 0);
    for skipped in found.skipped {
        let row = Row::skipped(skipped);
        list.row(&row, || row.to_string())?;
    }
    for mut photo in stored {
        if !batch.wait(&mut photo, &interrupt).await? {
            break;
        }
        let row = row(&ports, &tenant, photo, arguments.out.as_deref()).await?;
        good &= row.is_good();
        ended += 1;
        list.row(&row, || row.to_string())?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    list.end()?;
    pipeline.shut_down().await;
    if interrupt.is_raised() {
        bail!("interrupted: {ended} of {} photos were processed", found.photos.len());
    }
    Ok(Exit::success_if(good))
}

async fn row(ports: &Ports, tenant: &TenantId, photo: Photo, out: Option<&Path>) -> anyhow::Result<Row> {
    let Some(id) = photo.upload_id else {
        return Ok(Row::refused(photo.file, &photo.code.unwrap_or_default(), photo.detail));
    };
    let record = ports.uploads.get(tenant, id).await?.and_then(Record::live);
    Row::of(ports, &record.context("an upload of this run was erased")?, photo.file, out).await
}
