//! `semblante maintain`: one round of maintenance, as `up` does every minute.

use crate::control::Client;
use crate::control::api::{MaintenanceFinding, MaintenanceReport, MaintenanceRequest};
use crate::exit::Exit;
use crate::print::{Printer, cell, table};
use crate::settings::Settings;

pub const EXAMPLES: &str = "\
Examples:
  semblante maintain --dry-run
  semblante maintain --json";

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Only report what would be done
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(
    settings: &Settings,
    arguments: &Arguments,
    printer: &mut Printer<'_>,
) -> anyhow::Result<Exit> {
    let client = Client::reach(settings, false).await?;
    let report = client.maintain(&MaintenanceRequest { dry_run: arguments.dry_run }).await?;
    printer.document(&report, || text(&report))?;
    Ok(Exit::success_if(report.findings.iter().all(|finding| finding.care != "failed")))
}

fn text(report: &MaintenanceReport) -> String {
    let mut lines = Vec::new();
    if !report.findings.is_empty() {
        lines.push(table(["UPLOAD", "TENANT", "ACTION", "DETAIL"], report.findings.iter().map(cells)));
    }
    let verb = if report.dry_run { "need" } else { "needed" };
    lines.push(format!("{} due, {} {verb} an action", report.looked_at, report.findings.len()));
    if report.more {
        lines.push("more uploads are due: run it again".to_owned());
    }
    lines.join("\n")
}

fn cells(finding: &MaintenanceFinding) -> [String; 4] {
    let MaintenanceFinding { tenant_id, upload_id, care, detail } = finding;
    [upload_id.to_string(), tenant_id.to_string(), care.clone(), cell(detail.as_ref())]
}
