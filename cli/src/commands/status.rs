//! `semblante status`: where an upload stands.

use crate::control::Client;
use crate::control::api::{StatusQuery, UploadStatus};
use crate::exit::Exit;
use crate::print::{Printer, cell, percent, table};
use crate::settings::Settings;
use domain::{Email, TenantId, UploadId};
use ingest::http::{StageDocument, StatusDocument};

pub const EXAMPLES: &str = "\
Examples:
  semblante status 01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11
  semblante status 01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11 --tenant acme --json

Links work while semblante up runs, for at least an hour. Exits with 1 if the tenant has no such upload, or if it was \
erased.";

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Upload to look up
    #[arg(value_name = "ID", value_parser = UploadId::parse)]
    id: UploadId,
    /// Tenant of the upload
    #[arg(long, value_name = "TENANT", default_value = "default", value_parser = TenantId::parse)]
    tenant: TenantId,
}

pub async fn run(
    settings: &Settings,
    arguments: &Arguments,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let client = Client::reach(settings, false).await?;
    let status = client.status(&arguments.tenant, arguments.id, &StatusQuery::default()).await?;
    printer.document(&status, || text(&status))?;
    Ok(Exit::Success)
}

fn text(status: &UploadStatus) -> String {
    let facts = &status.document.facts;
    let file = facts.filename.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let user = status.email.as_ref().map_or(status.user_id.as_str(), Email::as_str);
    let mut lines = vec![
        format!("{} {}{file} of {user}, tenant {}", facts.kind.as_str(), facts.upload_id, status.tenant_id),
        format!("{}, attempt {}, created {:.0}", facts.state.as_str(), facts.attempt, facts.created_at),
    ];
    if let Some(code) = &facts.refused {
        lines.push(format!("the photo was refused: {code}: {}", cell(facts.refused_detail.as_ref())));
    }
    if let (Some(faces), Some(emotion), Some(confidence)) =
        (facts.faces_count, facts.emotion, facts.confidence)
    {
        lines.push(format!("faces: {faces}, emotion: {emotion} {}", percent(confidence)));
    }
    let head = ["STAGE", "STATE", "OUTCOME", "ATTEMPT", "RECEIVED", "FINISHED", "SECONDS", "ERROR"];
    lines.push(table(head, facts.stages.iter().map(cells)));
    lines.extend(facts.stages.iter().filter_map(|stage| {
        let error = stage.error.as_ref()?;
        Some(format!("{}: {}: {}", stage.name, error.code, error.detail))
    }));
    lines.extend(links(&status.document));
    lines.join("\n")
}

fn cells(stage: &StageDocument) -> [String; 8] {
    let took = stage.started_at.zip(stage.finished_at);
    let took = took.map(|(started, finished)| finished.duration_since(started).as_secs_f64());
    let error = stage.error.as_ref().map(|error| match error.retryable {
        true => format!("{}, retryable", error.code),
        false => error.code.to_string(),
    });
    [
        stage.name.to_string(),
        stage.state.as_str().to_owned(),
        cell(stage.outcome.as_ref()),
        cell(stage.attempt),
        cell(stage.receive_count),
        cell(stage.finished_at.map(|moment| format!("{moment:.3}"))),
        cell(took.map(|seconds| format!("{seconds:.3}"))),
        cell(error),
    ]
}

fn links(document: &StatusDocument) -> Vec<String> {
    let links = [
        ("picture", &document.generated_image),
        ("melody", &document.melody),
        ("score", &document.melody_midi),
        ("preview", &document.preview),
        ("original", &document.original_image),
    ];
    links.iter().filter_map(|(name, link)| Some(format!("{name:<9} {}", link.as_ref()?))).collect()
}
