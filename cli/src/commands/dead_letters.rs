//! `semblante dead-letters`: messages that could not be processed.

use super::listing::Paging;
use crate::control::Client;
use crate::control::api::{DeadLetterPage, DeadLetterQuery};
use crate::exit::Exit;
use crate::print::{Printer, cell};
use crate::settings::Settings;
use domain::{DeadLetter, TenantId};
use serde::Serialize;
use uuid::Uuid;

pub const EXAMPLES: &str = "\
Examples:
  semblante dead-letters list --tenant acme
  semblante dead-letters show 5f0c2f9e-1c1e-8d0a-9a55-0d7f3c1b2a99
  semblante dead-letters redrive --all

redrive exits with 1 if a dead letter could not be redriven.";

#[derive(clap::Subcommand, Debug)]
pub enum DeadLetters {
    /// List dead letters, newest first
    #[command(after_help = EXAMPLES)]
    List {
        /// Only dead letters of this tenant; default: of all tenants
        #[arg(long, value_name = "TENANT", value_parser = TenantId::parse)]
        tenant: Option<TenantId>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Print a dead letter with the message's body, which has no task token
    #[command(after_help = EXAMPLES)]
    Show {
        /// Dead letter to print
        #[arg(value_name = "ID")]
        id: Uuid,
    },
    /// Resume the uploads behind dead letters, and delete the dead letters
    #[command(after_help = EXAMPLES)]
    Redrive(Redrive),
}

#[derive(clap::Args, Debug)]
pub struct Redrive {
    /// Dead letters to redrive
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<Uuid>,
    /// Redrive all dead letters that exist now
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// With --all: only those of this tenant
    #[arg(long, value_name = "TENANT", value_parser = TenantId::parse, requires = "all")]
    tenant: Option<TenantId>,
}

/// What became of one dead letter.
#[derive(Serialize)]
struct Row {
    id: Uuid,
    redriven: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

pub async fn run(
    settings: &Settings,
    command: &DeadLetters,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let client = Client::reach(settings, false).await?;
    match command {
        DeadLetters::List { tenant, paging } => {
            list(&client, tenant.as_ref(), paging, printer).await?;
            Ok(Exit::Success)
        }
        DeadLetters::Show { id } => {
            let letter = client.dead_letter(*id).await?;
            printer.document(&letter, || text(&letter))?;
            Ok(Exit::Success)
        }
        DeadLetters::Redrive(arguments) => redrive(&client, arguments, printer).await,
    }
}

async fn list(
    client: &Client,
    tenant: Option<&TenantId>,
    paging: &Paging,
    printer: &mut Printer<'_>,
) -> anyhow::Result<()> {
    let page = async |limit, cursor| {
        let query = DeadLetterQuery { tenant: tenant.cloned(), cursor, limit: Some(limit) };
        let DeadLetterPage { dead_letters, next_cursor } = client.dead_letters(&query).await?;
        Ok((dead_letters, next_cursor))
    };
    let head = ["ID", "FIRST SEEN", "RECEIVED", "QUEUE", "CODE", "TENANT", "UPLOAD"];
    let list = printer.list("dead_letters");
    paging.print(list, page, |list, rows| list.table(head, rows, cells), "there are no dead letters").await
}

fn cells(letter: &DeadLetter) -> [String; 7] {
    [
        letter.id.to_string(),
        format!("{:.0}", letter.first_seen),
        letter.receive_count.to_string(),
        letter.queue.to_string(),
        letter.code.to_string(),
        cell(letter.tenant_id.as_ref()),
        cell(letter.upload_id),
    ]
}

fn text(letter: &DeadLetter) -> String {
    let names = ["id", "first seen", "received", "queue", "code", "tenant", "upload"];
    let more =
        [("stage", cell(letter.stage)), ("attempt", cell(letter.attempt)), ("body", letter.body.clone())];
    let pairs = names.into_iter().zip(cells(letter)).chain(more);
    pairs.map(|(name, value)| format!("{name:<11} {value}")).collect::<Vec<_>>().join("\n")
}

async fn redrive(client: &Client, arguments: &Redrive, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    let ids = match arguments.all {
        true => all(client, arguments.tenant.as_ref()).await?,
        false => arguments.ids.clone(),
    };
    let bar = printer.screen().bar(ids.len(), "dead letters");
    let (mut list, mut good) = (printer.list("dead_letters"), true);
    for id in &ids {
        let row = redrive_one(client, *id).await?;
        good &= row.redriven;
        list.row(&row, || line(&row))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if list.is_empty() {
        list.note("there are no dead letters")?;
    } else if !client.is_running() {
        list.note("semblante up is not running: the uploads resume at its next start")?;
    }
    list.end()?;
    Ok(Exit::success_if(good))
}

async fn redrive_one(client: &Client, id: Uuid) -> anyhow::Result<Row> {
    Ok(match client.redrive(id).await {
        Ok(answer) => Row { id, redriven: answer.redriven, code: None, detail: None },
        Err(error) => {
            let (code, detail) = error.refusal()?;
            Row { id, redriven: false, code: Some(code), detail: Some(detail) }
        }
    })
}

fn line(row: &Row) -> String {
    match (&row.code, &row.detail) {
        (Some(code), Some(detail)) => format!("failed    {}  {code}: {detail}", row.id),
        _ => format!("redriven  {}", row.id),
    }
}

/// The ids of all that exist now. Dead letters that are added meanwhile are newer than the first page.
async fn all(client: &Client, tenant: Option<&TenantId>) -> anyhow::Result<Vec<Uuid>> {
    let mut ids = Vec::new();
    let mut query = DeadLetterQuery { tenant: tenant.cloned(), ..DeadLetterQuery::default() };
    loop {
        let page = client.dead_letters(&query).await?;
        ids.extend(page.dead_letters.iter().map(|letter| letter.id));
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => return Ok(ids),
        }
    }
}
