//! `semblante queues`: what waits, and for how long.

use crate::control::operator::Operator;
use crate::exit::End;
use crate::rows::cell;
use crate::settings::Settings;
use std::io::Write;

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante queues
  semblante queues --json";

/// What `queues` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints a line for each queue.
pub async fn run(settings: &Settings, arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<End> {
    let operator = Operator::reach(settings, false).await?;
    let answer = operator.get("/queues").await?;
    if arguments.json {
        writeln!(out, "{answer:#}")?;
        return Ok(End::Well);
    }
    writeln!(out, "{:<30}  {:>8}  {:>8}  {:>10}", "QUEUE", "WAITING", "HIDDEN", "OLDEST s")?;
    for queue in answer["queues"].as_array().into_iter().flatten() {
        let [name, visible, hidden] = ["queue", "visible", "hidden"].map(|name| cell(&queue[name]));
        let oldest = queue["oldest_s"].as_f64().map_or_else(|| "-".to_owned(), |s| format!("{s:.1}"));
        writeln!(out, "{name:<30}  {visible:>8}  {hidden:>8}  {oldest:>10}")?;
    }
    if !operator.is_running() {
        writeln!(out, "nothing works on them: semblante up is not running")?;
    }
    Ok(End::Well)
}
