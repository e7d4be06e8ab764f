//! `semblante maintain`: looks after uploads once, as `up` does every minute by itself.

use crate::control::maintenance::Order;
use crate::control::operator::Operator;
use crate::exit::End;
use crate::rows::cell;
use crate::settings::Settings;
use serde_json::json;
use std::io::Write;

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante maintain --dry-run
  semblante maintain --json";

/// What `maintain` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Does a round and prints a line for each upload that needed something. Ends badly where one could not be helped.
pub async fn run(settings: &Settings, arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<End> {
    let operator = Operator::reach(settings, false).await?;
    let answer = operator.post("/maintain", &json!(Order { dry_run: arguments.dry_run })).await?;
    let findings = answer["findings"].as_array().map_or(&[][..], Vec::as_slice);
    if arguments.json {
        writeln!(out, "{answer:#}")?;
    } else {
        for finding in findings {
            let [tenant, id, care, detail] =
                ["tenant_id", "upload_id", "care", "detail"].map(|name| cell(&finding[name]));
            writeln!(out, "{id}  {tenant:<16}  {care:<10}  {detail}")?;
        }
        let looked_at = cell(&answer["looked_at"]);
        let verb = if arguments.dry_run { "need" } else { "needed" };
        writeln!(out, "{looked_at} due, {} {verb} something", findings.len())?;
        if answer["more"] == true {
            writeln!(out, "there are more: run it again")?;
        }
    }
    let failed = findings.iter().any(|finding| finding["care"] == "failed");
    Ok(if failed { End::Badly } else { End::Well })
}
