//! `semblante import photos`: photos of the file system become somebody's uploads.

use crate::boot;
use crate::control::operator::{Operator, with_query};
use crate::ending;
use crate::exit::End;
use crate::pipeline::Pipeline;
use crate::rows::{Rows, cell};
use crate::settings::Settings;
use crate::{photo_content, photo_files, progress};
use anyhow::Context;
use domain::{Email, QueueName, TenantId, UploadId};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante import photos holiday --user ana@example.com
  semblante import photos holiday --user ana@example.com --create --process

May be repeated: what is in already counts as a duplicate, and a run that was cut short goes on. Ends with 1 if a \
photo was refused or, with --process, ended badly.";

/// What to import.
#[derive(clap::Subcommand, Debug)]
pub enum Import {
    /// Put photos into the installation, as uploads of a user
    #[command(after_help = EXAMPLES)]
    Photos(Arguments),
}

/// What `import photos` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Directories to be searched for photos (JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP, TIFF), and photos
    #[arg(required = true, value_name = "DIR|FILE")]
    paths: Vec<PathBuf>,
    /// Whose uploads they become; without it the tenant's only user
    #[arg(long, value_name = "ID|EMAIL")]
    user: Option<String>,
    /// His tenant
    #[arg(long, value_name = "TENANT", default_value = "default", value_parser = TenantId::parse)]
    tenant: TenantId,
    /// Make the user, without a password, where there is none; --user is his e-mail address
    #[arg(long, requires = "user")]
    create: bool,
    /// Return when the photos are processed: by semblante up, or right here where it is not running
    #[arg(long)]
    process: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Imports the photos and says what became of them.
pub async fn run(settings: &Settings, import: &Import, out: &mut impl Write) -> anyhow::Result<End> {
    let Import::Photos(arguments) = import;
    let files = photo_files::find(&arguments.paths)?;
    let operator = Operator::reach(settings, arguments.create).await?;
    let pipeline = match &operator {
        Operator::Here(installation, _) if arguments.process && !operator.is_running() => {
            let engines = boot::engines(settings).await?;
            let (events, queues) = (installation.ports.events.clone(), QueueName::live().collect::<Vec<_>>());
            Some(Pipeline::start(installation.clone(), &engines, events, &queues, settings.max_receives))
        }
        _ => None,
    };
    let user = user(&operator, arguments).await?;
    let mut photos = send(&operator, arguments, &user, &files).await?;
    if arguments.process {
        end(&operator, arguments, &mut photos).await?;
    }
    if let Some(pipeline) = pipeline {
        pipeline.shut_down().await;
    }
    let waits = !operator.is_running() && !arguments.process;
    report(&photos, arguments, (&user.id, waits), out)
}

/// Whose the photos become, and how large they may be.
struct Owner {
    id: String,
    max_photo_bytes: u64,
}

/// The user, who is made where that was asked for.
async fn user(operator: &Operator, arguments: &Arguments) -> anyhow::Result<Owner> {
    let path = format!("/tenants/{}/users", arguments.tenant);
    let found = operator.get(&with_query(&path, &[("who", arguments.user.as_deref())])).await;
    let user = match (found, &arguments.user) {
        (Err(error), Some(who)) if arguments.create && error.is_refusal("no_such_user") => {
            let email = Email::parse(who).context("--create takes an e-mail address in --user")?;
            operator.post(&path, &json!({"email": email})).await?
        }
        (found, _) => found?,
    };
    let max_photo_bytes = user["max_photo_bytes"].as_u64().context("how large photos may be is missing")?;
    Ok(Owner { id: cell(&user["user_id"]), max_photo_bytes })
}

/// Sends one photo after the other, so that no more than one is in memory.
async fn send(
    operator: &Operator,
    arguments: &Arguments,
    user: &Owner,
    files: &[PathBuf],
) -> anyhow::Result<Vec<Value>> {
    let path = format!("/tenants/{}/users/{}/photos", arguments.tenant, user.id);
    let bar = progress::bar(files.len(), "photos");
    let mut photos = Vec::with_capacity(files.len());
    for file in files {
        let row = photo(operator, &path, file, user.max_photo_bytes).await;
        let sent = photos.len();
        photos.push(row.with_context(|| {
            format!("{}: {sent} photos are in; run it again, they count as duplicates", file.display())
        })?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(photos)
}

async fn photo(operator: &Operator, path: &str, file: &Path, most: u64) -> anyhow::Result<Value> {
    let name = file.display().to_string();
    let refused = |code: &str| json!({"file": name, "outcome": "refused", "code": code});
    let content = match photo_content::read(file, most) {
        Ok((content, _)) => content,
        Err(code) => return Ok(refused(code)),
    };
    Ok(match operator.send(path, content).await {
        Ok(stored) => {
            let outcome = if stored["duplicate"] == true { "duplicate" } else { "imported" };
            json!({"file": name, "outcome": outcome, "upload_id": stored["upload_id"]})
        }
        Err(error) => refused(&error.about_the_photo()?),
    })
}

/// Waits for the ends of all that were sent.
async fn end(operator: &Operator, arguments: &Arguments, photos: &mut [Value]) -> anyhow::Result<()> {
    let bar = progress::bar(photos.len(), "photos processed");
    for photo in photos {
        if let Some(id) = photo["upload_id"].as_str() {
            let attempt = u64::from(photo["outcome"] == "imported");
            let document = ending::of(operator, &arguments.tenant, UploadId::parse(id)?, attempt).await?;
            photo["state"] = document["state"].clone();
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

fn report(
    photos: &[Value],
    arguments: &Arguments,
    (user, waits): (&str, bool),
    out: &mut impl Write,
) -> anyhow::Result<End> {
    let is_bad = |photo: &Value| match photo["state"].is_string() {
        true => !ending::is_good(photo),
        false => photo["outcome"] == "refused",
    };
    let mut rows = Rows::begin(out, arguments.json, "photos", indicatif::ProgressBar::hidden())?;
    let (outcomes, states) = (counts(photos, "outcome"), counts(photos, "state"));
    for photo in photos.iter().filter(|photo| arguments.json || is_bad(photo)) {
        rows.row(photo, || line(photo))?;
    }
    for counts in [&outcomes, &states] {
        let said: Vec<String> = counts.iter().map(|(what, count)| format!("{count} {what}")).collect();
        if !said.is_empty() {
            rows.note(&said.join(", "))?;
        }
    }
    if waits {
        rows.note(
            "semblante up is not running: it processes them at its next start; --process does so here",
        )?;
    }
    let tenant = json!(arguments.tenant);
    rows.end(&[
        ("tenant_id", tenant),
        ("user_id", json!(user)),
        ("outcomes", json!(outcomes)),
        ("states", json!(states)),
    ])?;
    Ok(if photos.iter().any(is_bad) { End::Badly } else { End::Well })
}

/// How many photos there are of each value of a field.
fn counts(photos: &[Value], name: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for photo in photos.iter().filter_map(|photo| photo[name].as_str()) {
        *counts.entry(photo.to_owned()).or_default() += 1;
    }
    counts
}

fn line(photo: &Value) -> String {
    let word = if photo["state"].is_string() { &photo["state"] } else { &photo["outcome"] };
    let why = if photo["code"].is_string() { &photo["code"] } else { &photo["upload_id"] };
    format!("{:<9} {}  {}", cell(word), cell(&photo["file"]), cell(why))
}
