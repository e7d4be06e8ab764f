//! `semblante status`: where an upload stands.

use crate::control::operator::Operator;
use crate::exit::End;
use crate::rows::cell;
use crate::settings::Settings;
use domain::{TenantId, Timestamp, UploadId};
use serde_json::Value;
use std::io::Write;

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante status 01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11
  semblante status 01981d0e-7b54-7cc0-a3a5-5d5a6b6e2f11 --tenant acme --json

Ends with 1 if the tenant has no such upload, or it was erased.";

/// What `status` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The upload
    #[arg(value_name = "ID", value_parser = UploadId::parse)]
    id: UploadId,
    /// Whose it is
    #[arg(long, value_name = "TENANT", default_value = "default", value_parser = TenantId::parse)]
    tenant: TenantId,
    /// Print the whole status document as JSON
    #[arg(long)]
    json: bool,
}

/// Prints the status document.
pub async fn run(settings: &Settings, arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<End> {
    let operator = Operator::reach(settings, false).await?;
    let document = operator.get(&path(&arguments.tenant, arguments.id)).await?;
    match arguments.json {
        true => writeln!(out, "{document:#}")?,
        false => show(&document, out)?,
    }
    Ok(End::Well)
}

/// Where an operator finds an upload's status document.
pub fn path(tenant: &TenantId, id: UploadId) -> String {
    format!("/tenants/{tenant}/uploads/{id}")
}

fn show(document: &Value, out: &mut impl Write) -> std::io::Result<()> {
    let said = |name: &str| cell(&document[name]);
    writeln!(out, "{} {} of {}/{}", said("kind"), said("upload_id"), said("tenant_id"), said("user_id"))?;
    writeln!(out, "{}, attempt {}, created {}", said("state"), said("attempt"), said("created_at"))?;
    if !document["refused"].is_null() {
        writeln!(out, "its object was refused: {}", said("refused"))?;
    }
    if let (Some(faces), Some(confidence)) =
        (document["faces_count"].as_u64(), document["confidence"].as_f64())
    {
        writeln!(out, "faces: {faces}, emotion: {} {:.0} %", said("emotion"), confidence * 100.0)?;
    }
    let head = ["STAGE", "STATE", "OUTCOME", "ATTEMPT", "RECEIVED", "FINISHED", "SECONDS", "ERROR"];
    writeln!(out, "{}", line(&head.map(str::to_owned)))?;
    let stages = document["stages"].as_array().into_iter().flatten();
    stages.map(|stage| line(&cells(stage))).try_for_each(|line| writeln!(out, "{line}"))
}

fn cells(stage: &Value) -> [String; 8] {
    let said = |name: &str| cell(&stage[name]);
    let moment = |name: &str| stage[name].as_str().and_then(|moment| moment.parse::<Timestamp>().ok());
    let took = moment("started_at").zip(moment("finished_at"));
    let took = took.map(|(started, finished)| finished.duration_since(started).as_secs_f64());
    let took = took.map_or_else(|| "-".to_owned(), |seconds| format!("{seconds:.3}"));
    let error = match stage["error"]["retryable"].as_bool() {
        Some(true) => format!("{}, a replay may end better", cell(&stage["error"]["code"])),
        _ => cell(&stage["error"]["code"]),
    };
    let [name, state, outcome] = ["name", "state", "outcome"].map(said);
    [name, state, outcome, said("attempt"), said("receive_count"), said("finished_at"), took, error]
}

fn line([stage, state, outcome, attempt, received, finished, took, error]: &[String; 8]) -> String {
    format!(
        "{stage:<18} {state:<8} {outcome:<10} {attempt:<8} {received:<9} {finished:<25} {took:>7}  {error}"
    )
}
