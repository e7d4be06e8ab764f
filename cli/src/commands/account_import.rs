//! `semblante users import`: users of another system, with the hashes of their passwords.

use super::account_rows::{self, Row};
use crate::control::Client;
use crate::control::api::{AccountImport, ImportOutcome};
use crate::exit::Exit;
use crate::print::Printer;
use crate::settings::Settings;
use anyhow::Context;
use domain::TenantId;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes of a file: it is read into memory.
const MAX_BYTES: u64 = 512 << 20;

pub const EXAMPLES: &str = "\
Examples:
  semblante users import t_usuarios.json --dry-run
  semblante users import Usuarios.csv --tenant acme

Each row has user_id or email, and password_hash or password: a SHA-256 in hexadecimal, or passlib's $pbkdf2-sha256$. \
tenant_id, role, name, username and created_at are optional; without a role the user is a customer. Users who exist stay as \
they are, so the command may be repeated. Exits with 1 if a row is bad.";

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// JSON lines, an export or a scan of DynamoDB as JSON, or CSV with a head
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Tenant of rows without one
    #[arg(long, value_name = "TENANT", default_value = "default", value_parser = TenantId::parse)]
    tenant: TenantId,
    /// Check the rows and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Serialize)]
struct BadRow {
    line: usize,
    reason: String,
}

#[derive(Serialize)]
struct Summary {
    outcomes: BTreeMap<&'static str, usize>,
    dry_run: bool,
}

pub async fn run(
    settings: &Settings,
    arguments: &Arguments,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let Arguments { file, tenant, dry_run } = arguments;
    let text = read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let rows = account_rows::read(&text, tenant);
    let client = Client::reach(settings, !dry_run).await?;
    let bar = printer.screen().bar(rows.len(), "users");
    let mut list = printer.list("bad_rows");
    let mut outcomes = BTreeMap::new();
    for row in rows {
        let line = row.line;
        let outcome = match import(&client, row, *dry_run).await? {
            Ok(outcome) => outcome.as_str(),
            Err(reason) => {
                let bad = BadRow { line, reason };
                list.row(&bad, || format!("row {line}: {}", bad.reason))?;
                "bad"
            }
        };
        *outcomes.entry(outcome).or_default() += 1;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let counted: Vec<String> = outcomes.iter().map(|(word, count)| format!("{count} {word}")).collect();
    list.note(&if counted.is_empty() { "the file has no rows".to_owned() } else { counted.join(", ") })?;
    let is_good = !outcomes.contains_key("bad");
    list.end_with(&Summary { outcomes, dry_run: *dry_run })?;
    Ok(Exit::success_if(is_good))
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    File::open(file)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_BYTES {
        true => anyhow::bail!("it has more than {MAX_BYTES} bytes; import it in parts"),
        false => Ok(text),
    }
}

/// The reason where this row alone is bad.
async fn import(client: &Client, row: Row, dry_run: bool) -> anyhow::Result<Result<ImportOutcome, String>> {
    let (tenant, import) = match row.read {
        Ok(read) => read,
        Err(reason) => return Ok(Err(reason)),
    };
    match client.import_account(&tenant, &AccountImport { dry_run, ..import }).await {
        Ok(imported) => Ok(Ok(imported.outcome)),
        Err(error) => Ok(Err(error.refusal().map(|(_, detail)| detail)?)),
    }
}
