//! `semblante dead-letters`: messages that could not be settled.

use crate::control::operator::{Operator, with_query};
use crate::exit::End;
use crate::listing::{self, Listing, Paging};
use crate::progress;
use crate::rows::{Rows, cell};
use crate::settings::Settings;
use domain::TenantId;
use serde_json::{Value, json};
use std::io::Write;
use uuid::Uuid;

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante dead-letters list --tenant acme
  semblante dead-letters show 5f0c2f9e-1c1e-8d0a-9a55-0d7f3c1b2a99
  semblante dead-letters redrive --all

redrive ends with 1 if one could not be redriven.";

/// What to do with dead letters.
#[derive(clap::Subcommand, Debug)]
pub enum DeadLetters {
    /// List them, newest first
    #[command(after_help = EXAMPLES)]
    List {
        /// Of this tenant; without it of all
        #[arg(long, value_name = "TENANT", value_parser = TenantId::parse)]
        tenant: Option<TenantId>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Print one, with the message's body (task tokens are never kept)
    #[command(after_help = EXAMPLES)]
    Show {
        /// Its id
        #[arg(value_name = "ID")]
        id: Uuid,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Let the uploads behind them go on where they stopped, and delete the rows
    #[command(after_help = EXAMPLES)]
    Redrive(Redrive),
}

/// Which to redrive.
#[derive(clap::Args, Debug)]
pub struct Redrive {
    /// Their ids
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<Uuid>,
    /// All that are there now
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// With --all: only this tenant's
    #[arg(long, value_name = "TENANT", value_parser = TenantId::parse, requires = "all")]
    tenant: Option<TenantId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Does it.
pub async fn run(settings: &Settings, asked: &DeadLetters, out: &mut impl Write) -> anyhow::Result<End> {
    let operator = Operator::reach(settings, false).await?;
    match asked {
        DeadLetters::List { tenant, paging } => {
            let query = [("tenant", tenant.as_ref().map(TenantId::as_str))];
            let head = line(["ID", "FIRST SEEN", "RECEIVED", "QUEUE", "CODE", "TENANT", "UPLOAD"]);
            let name = "dead_letters";
            let listing = Listing { path: "/dead-letters", query: &query, name, head: &head, line: shown };
            listing::print(&operator, &listing, paging, out).await?;
            Ok(End::Well)
        }
        DeadLetters::Show { id, json } => {
            let letter = operator.get(&format!("/dead-letters/{id}")).await?;
            match json {
                true => writeln!(out, "{letter:#}")?,
                false => show(&letter, out)?,
            }
            Ok(End::Well)
        }
        DeadLetters::Redrive(wanted) => redrive(&operator, wanted, out).await,
    }
}

const COLUMNS: [&str; 7] = ["id", "first_seen", "receive_count", "queue", "code", "tenant_id", "upload_id"];

fn shown(letter: &Value) -> String {
    let cells = COLUMNS.map(|name| cell(&letter[name]));
    line(cells.each_ref().map(String::as_str))
}

fn line([id, seen, received, queue, code, tenant, upload]: [&str; 7]) -> String {
    format!("{id:<36}  {seen:<25}  {received:<8}  {queue:<17}  {code:<20}  {tenant:<12}  {upload}")
}

fn show(letter: &Value, out: &mut impl Write) -> std::io::Result<()> {
    for name in COLUMNS.iter().chain(&["stage", "attempt", "body"]) {
        writeln!(out, "{name:<14} {}", cell(&letter[name]))?;
    }
    Ok(())
}

async fn redrive(operator: &Operator, wanted: &Redrive, out: &mut impl Write) -> anyhow::Result<End> {
    let ids = match wanted.all {
        true => all(operator, wanted.tenant.as_ref()).await?,
        false => wanted.ids.clone(),
    };
    let bar = progress::bar(ids.len(), "dead letters");
    let mut rows = Rows::begin(out, wanted.json, "dead_letters", bar.clone())?;
    let mut end = End::Well;
    for id in &ids {
        let row = match operator.post(&format!("/dead-letters/{id}/redrive"), &json!({})).await {
            Ok(row) => row,
            Err(error) => {
                let (code, detail) = error.refusal()?;
                end = End::Badly;
                json!({"id": id, "redriven": false, "code": code, "detail": detail})
            }
        };
        bar.inc(1);
        rows.row(&row, || match row["redriven"].as_bool() {
            Some(true) => format!("redriven  {id}"),
            _ => format!("failed    {id}  {}: {}", cell(&row["code"]), cell(&row["detail"])),
        })?;
    }
    if ids.is_empty() {
        rows.note("there are no dead letters")?;
    } else if !operator.is_running() {
        rows.note("the uploads go on when semblante up runs")?;
    }
    rows.end(&[])?;
    Ok(end)
}

/// The ids of all that are there now; what dies meanwhile is newer than the first page.
async fn all(operator: &Operator, tenant: Option<&TenantId>) -> anyhow::Result<Vec<Uuid>> {
    let mut ids = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let query = [("tenant", tenant.map(TenantId::as_str)), ("cursor", cursor.as_deref())];
        let page = operator.get(&with_query("/dead-letters", &query)).await?;
        for letter in page["dead_letters"].as_array().into_iter().flatten() {
            ids.push(cell(&letter["id"]).parse()?);
        }
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Ok(ids);
        }
    }
}
