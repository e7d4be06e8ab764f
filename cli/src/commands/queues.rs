//! `semblante queues`: how many messages wait, and for how long.

use crate::control::Client;
use crate::control::api::QueueDepth;
use crate::exit::Exit;
use crate::print::{Printer, cell};
use crate::settings::Settings;

pub const EXAMPLES: &str = "\
Examples:
  semblante queues
  semblante queues --json";

pub async fn run(settings: &Settings, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    let client = Client::reach(settings, false).await?;
    let queues = client.queues().await?.queues;
    let mut list = printer.list("queues");
    list.table(["QUEUE", "WAITING", "IN FLIGHT", "OLDEST"], &queues, cells)?;
    if !client.is_running() {
        list.note("semblante up is not running: messages wait for its next start")?;
    }
    list.end()?;
    Ok(Exit::Success)
}

fn cells(depth: &QueueDepth) -> [String; 4] {
    let oldest = depth.oldest_s.map(|seconds| format!("{seconds:.1} s"));
    [depth.queue.to_string(), depth.visible.to_string(), depth.hidden.to_string(), cell(oldest)]
}
