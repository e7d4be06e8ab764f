//! `semblante process`: the whole pipeline on photos of the file system, without a server and without an account.

use crate::boot;
use crate::closings::Closings;
use crate::exit::End;
use crate::outcome_row::OutcomeRow;
use crate::pipeline::Pipeline;
use crate::results;
use crate::settings::Settings;
use crate::{photo_content, photo_files, progress};
use anyhow::Context;
use bytes::Bytes;
use domain::Ports;
use domain::upload::Kind;
use domain::{
    Finding, MediaType, Outcome, QueueName, Record, Stage, TenantId, Upload, UploadId, UserId, closing,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;
use ingest::deposit::{Photo, deposit};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante process models/sample1.jpg --out made
  semblante process holiday --json > holiday.json";

/// Photos in the pipeline at a time: enough to keep every stage busy, few enough for any memory.
const IN_FLIGHT: usize = 8;
/// The largest photo that is read.
const MAX_BYTES: u64 = 32 << 20;
/// Links are given to nobody, so they need no host.
const PUBLIC_URL: &str = "http://localhost";

/// What `process` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Photos (JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP, TIFF), and directories to be searched for photos
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Write each photo's picture, melody, score and preview into DIR
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print one JSON array, an element per photo in order, instead of rows
    #[arg(long)]
    json: bool,
}

/// Puts photos into a pipeline and waits for what comes of them.
struct Batch<'a> {
    ports: Ports,
    owner: (TenantId, UserId),
    closings: watch::Receiver<u64>,
    out: Option<&'a Path>,
    bar: ProgressBar,
}

/// Processes the photos and says what came of each.
pub async fn run(settings: &Settings, arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<End> {
    let files = photo_files::find(&arguments.paths)?;
    if let Some(out) = &arguments.out {
        std::fs::create_dir_all(out).with_context(|| format!("--out {}", out.display()))?;
    }
    let engines = boot::engines(settings).await?;
    let data = tempfile::tempdir().context("a directory for the run")?;
    let installation = Arc::new(boot::open_directory(settings, data.path(), PUBLIC_URL).await?);
    let closings = Arc::new(Closings::new(installation.ports.events.clone()));
    let batch = Batch {
        ports: installation.ports.clone(),
        owner: (TenantId::parse("local")?, UserId::parse("local")?),
        closings: closings.subscribe(),
        out: arguments.out.as_deref(),
        bar: progress::bar(files.len(), "photos"),
    };
    let queues: Vec<QueueName> = QueueName::live().collect();
    let pipeline = Pipeline::start(installation, &engines, closings, &queues, settings.max_receives);
    let rows: Vec<OutcomeRow> = stream::iter(files.iter().enumerate())
        .map(|(number, file)| batch.photo(number, file))
        .buffered(IN_FLIGHT)
        .try_collect()
        .await?;
    batch.bar.finish_and_clear();
    pipeline.shut_down().await;
    match arguments.json {
        true => writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?,
        false => rows.iter().try_for_each(|row| writeln!(out, "{row}"))?,
    }
    Ok(if rows.iter().all(OutcomeRow::is_good) { End::Well } else { End::Badly })
}

impl Batch<'_> {
    async fn photo(&self, number: usize, file: &Path) -> anyhow::Result<OutcomeRow> {
        let name = file.display().to_string();
        let row = match photo_content::read(file, MAX_BYTES) {
            Err(code) => OutcomeRow::refused(name, code),
            Ok((content, content_type)) => {
                let since = Instant::now();
                let id = self.put(content, content_type).await?;
                let upload = self.closed(id).await?;
                self.row(number, name, &upload, since.elapsed()).await?
            }
        };
        self.bar.inc(1);
        Ok(row)
    }

    /// Puts a photo, as a client does; the same content twice is one upload.
    async fn put(&self, content: Bytes, content_type: MediaType) -> anyhow::Result<UploadId> {
        let owner = self.owner.clone();
        let photo = Photo { owner, kind: Kind::Photo, content_type, bytes: content, traceparent: None };
        Ok(deposit(&self.ports, photo).await?.upload().upload_id)
    }

    async fn closed(&self, id: UploadId) -> anyhow::Result<Upload> {
        let mut closings = self.closings.clone();
        loop {
            closings.mark_unchanged();
            let found = self.ports.uploads.get(&self.owner.0, id).await?;
            let upload = found.and_then(Record::live).context("an upload of this run is gone")?;
            if upload.status.is_done() {
                return Ok(upload);
            }
            closings.changed().await.context("the pipeline stopped")?;
        }
    }

    async fn row(
        &self,
        number: usize,
        name: String,
        upload: &Upload,
        took: Duration,
    ) -> anyhow::Result<OutcomeRow> {
        let place = closing::place(upload);
        let shown = self.ports.gallery.row(&self.owner.0, &self.owner.1, place).await?;
        let Some(shown) = shown else {
            let code = upload.refused.as_ref().map_or("not_closed", |code| code.as_str());
            return Ok(OutcomeRow::refused(name, code));
        };
        let mut row = OutcomeRow::closed(name, &shown, took);
        row.errors = errors(upload);
        row.made_by = upload.results.values().filter_map(|result| result.made_by.clone()).collect();
        row.made_by.dedup();
        if let Some(Finding::Faces { count, .. }) = upload.finding(Stage::FaceDetection) {
            let attempt = upload.made_at(Stage::FaceDetection).unwrap_or(upload.attempt);
            row.faces = self.ports.faces.get(upload.upload_id, attempt, *count).await?;
        }
        if let Some(out) = self.out {
            row.written = results::write(&self.ports, &shown, out, number, &row.file).await?;
        }
        Ok(row)
    }
}

fn errors(upload: &Upload) -> Vec<String> {
    let code = |(stage, outcome): (&Stage, &Outcome)| match outcome {
        Outcome::Failed { code } => Some(format!("{stage}: {code}")),
        _ => None,
    };
    upload.results.iter().map(|(stage, result)| (stage, &result.outcome)).filter_map(code).collect()
}
