//! `semblante process`: the whole pipeline on photos of the file system, without a server and without an account.

use crate::boot;
use crate::closings::Closings;
use crate::exit::End;
use crate::outcome_row::OutcomeRow;
use crate::photo_files;
use crate::pipeline::Pipeline;
use crate::results;
use crate::settings::Settings;
use anyhow::Context;
use bytes::Bytes;
use domain::ports::objects::NewObject;
use domain::ports::uploads::Created;
use domain::upload::Declared;
use domain::{
    Bucket, Finding, MediaType, ObjectKey, Outcome, Record, Sha256, Stage, TenantId, Upload, UploadId,
    UserId, closing,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressStyle};
use ingest::Ports;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use uuid::Uuid;

/// Photos in the pipeline at a time: enough to keep every stage busy, few enough for any memory.
const IN_FLIGHT: usize = 8;
/// The largest photo that is read.
const MOST_BYTES: u64 = 32 << 20;
/// Links are given to nobody, so they need no host; nor does their time end.
const PUBLIC_URL: &str = "http://localhost";
const URL_LIFE: Duration = Duration::from_secs(365 * 86_400);

/// What `process` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Photos (JPEG, PNG, WebP), and directories to be searched for photos
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
    let engines = boot::engines(settings)?;
    let data = tempfile::tempdir().context("a directory for the run")?;
    let installation = Arc::new(boot::open(settings, data.path(), PUBLIC_URL).await?);
    let closings = Arc::new(Closings::new(installation.ports.events.clone()));
    let batch = Batch {
        ports: installation.ports.clone(),
        owner: (TenantId::parse("local")?, UserId::parse("local")?),
        closings: closings.subscribe(),
        out: arguments.out.as_deref(),
        bar: progress(files.len()),
    };
    let pipeline = Pipeline::start(installation, &engines, closings, settings.max_receives);
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

/// On stderr, and only on a terminal.
fn progress(photos: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} photos, {elapsed}, about {eta} left");
    ProgressBar::new(photos as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl Batch<'_> {
    async fn photo(&self, number: usize, file: &Path) -> anyhow::Result<OutcomeRow> {
        let name = file.display().to_string();
        let row = match read(file)? {
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

    /// Declares and puts a photo, as a client does; the same content twice is one upload.
    async fn put(&self, content: Bytes, content_type: MediaType) -> anyhow::Result<UploadId> {
        let now = self.ports.clock.now();
        let sha256 = Some(Sha256::of(&content));
        let declared = Declared { content_type, content_length: content.len() as u64, sha256 };
        let id = UploadId::new(Uuid::now_v7());
        let upload = Upload::awaiting(self.owner.clone(), id, declared, now + URL_LIFE, now);
        match self.ports.uploads.create(upload).await? {
            Created::Duplicate(first) => Ok(first.upload_id),
            Created::New(upload) => {
                let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, id);
                let content_type = content_type.as_str().to_owned();
                let object = NewObject { bytes: content, content_type, metadata: BTreeMap::new() };
                self.ports.objects.put(Bucket::Media, &key, object).await?;
                Ok(id)
            }
        }
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

/// A photo's content and type, or the stable code of why it is none.
fn read(file: &Path) -> anyhow::Result<Result<(Bytes, MediaType), &'static str>> {
    let about = std::fs::metadata(file).with_context(|| file.display().to_string())?;
    if about.len() > MOST_BYTES {
        return Ok(Err("image_too_large"));
    }
    let content = Bytes::from(std::fs::read(file).with_context(|| file.display().to_string())?);
    Ok(MediaType::sniff(&content).map(|media_type| (content, media_type)).ok_or("unsupported_type"))
}
