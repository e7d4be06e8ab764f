//! The embedded queue: messages sent, claimed and acknowledged in a second, compared with the syncs of the disk and with
//! apalis-sqlite at the same durability.

use crate::growth;
use crate::machine::{folder, resident_mib, syncs_per_second};
use crate::report::Report;
use anyhow::{Context, bail};
use domain::ports::Queue as _;
use domain::ports::queue::{NewMessage, Receipt};
use domain::{QueueName, Stage};
use embedded::{Durability, Options, Policy, Queue, Store};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Bytes of a message's body.
const BODY: usize = 600;
/// Visibility timeout, longer than any run.
const VISIBILITY: Duration = Duration::from_secs(600);
/// Bounds at 64 tasks and batches of 1.
const MIN_NORMAL: f64 = 20_000.0;
const MIN_FULL: f64 = 3_000.0;
const MIN_FULL_PER_SYNC: f64 = 30.0;
const MIN_OVER_RIVAL: f64 = 5.0;
const RIVAL: &str = "bench/rivals/target/release/queues";
const BUILD_RIVAL: &str = "cargo build --release --manifest-path bench/rivals/Cargo.toml";

#[derive(clap::Args)]
pub struct Arguments {
    /// Seconds of each row of the table
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Rows at which claims and gallery pages are compared with 10,000
    #[arg(long, default_value_t = 1_000_000)]
    rows: usize,
    /// Cycles over which memory is measured
    #[arg(long, default_value_t = 1_000_000)]
    soak: u64,
}

pub fn run(arguments: &Arguments, report: &mut Report) -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let time = Duration::from_secs_f64(arguments.seconds);
    let syncs = syncs_per_second(folder()?.path(), time)?;
    report.add("disk: 4 KiB written and synced", syncs, "syncs/s");
    for (durability, name, min) in [
        (Durability::Normal, "NORMAL", MIN_NORMAL),
        (Durability::Full, "FULL", MIN_FULL.min(MIN_FULL_PER_SYNC * syncs)),
    ] {
        let mut own = 0.0;
        for (tasks, batch) in [(1, 1), (8, 1), (64, 1), (1, 10), (8, 10), (64, 10)] {
            let rate = runtime.block_on(cycles_per_second(durability, tasks, batch, time))?;
            let row = format!("{name}, {tasks} tasks, batch {batch}: send+claim+ack");
            if (tasks, batch) == (64, 1) {
                own = rate;
                report.at_least(&row, rate, "cycles/s", min);
            } else {
                report.add(row, rate, "cycles/s");
            }
        }
        let rival = rival(name, arguments.seconds)?;
        report.add(format!("apalis-sqlite 1.0.0, {name}, 64 tasks"), rival, "cycles/s");
        report.at_least(&format!("{name}: times apalis-sqlite"), own / rival, "x", MIN_OVER_RIVAL);
    }
    runtime.block_on(growth::measure(arguments.rows, report))?;
    runtime.block_on(soak(arguments.soak, report))
}

fn open(root: &Path, durability: Durability) -> anyhow::Result<Queue> {
    let store = Store::open(root, Options { durability, ..Options::default() })?;
    Ok(Queue::new(&store, Policy::default()))
}

async fn cycles_per_second(
    durability: Durability,
    tasks: usize,
    batch: usize,
    time: Duration,
) -> anyhow::Result<f64> {
    let root = folder()?;
    let queue = open(root.path(), durability)?;
    let cycles = Arc::new(AtomicU64::new(0));
    let running: Vec<_> =
        (0..tasks).map(|_| tokio::spawn(cycle(queue.clone(), batch, cycles.clone()))).collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let (begun, before) = (Instant::now(), cycles.load(Ordering::Relaxed));
    tokio::time::sleep(time).await;
    let done = cycles.load(Ordering::Relaxed) - before;
    let rate = done as f64 / begun.elapsed().as_secs_f64();
    for task in running {
        task.abort();
        if let Ok(ended) = task.await {
            ended?;
        }
    }
    Ok(rate)
}

/// Sends a batch, claims as many messages and acknowledges them, until it is aborted.
async fn cycle(queue: Queue, batch: usize, cycles: Arc<AtomicU64>) -> anyhow::Result<()> {
    let name = QueueName::of(Stage::FaceDetection);
    let message = NewMessage::new("x".repeat(BODY), None);
    loop {
        queue.send(name, vec![message.clone(); batch]).await?;
        let claimed = queue.receive(name, batch, VISIBILITY, Duration::ZERO).await?;
        let receipts: Vec<Receipt> = claimed.into_iter().map(|delivery| delivery.receipt).collect();
        queue.acknowledge(name, &receipts).await?;
        cycles.fetch_add(receipts.len() as u64, Ordering::Relaxed);
    }
}

/// Cycles per second of apalis-sqlite: the better of batches of 1 and of 10, its default.
fn rival(durability: &str, seconds: f64) -> anyhow::Result<f64> {
    if !Path::new(RIVAL).exists() {
        bail!("{RIVAL} is missing; build it: {BUILD_RIVAL}");
    }
    let mut best = 0.0;
    for batch in ["1", "10"] {
        let root = folder()?;
        let output = Command::new(RIVAL)
            .arg(root.path().canonicalize()?)
            .args([durability, "64", batch, &seconds.to_string()])
            .output()
            .context(RIVAL)?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let failed = || format!("{RIVAL} printed {printed:?} {}", String::from_utf8_lossy(&output.stderr));
        let rate: f64 = printed.trim().parse().with_context(failed)?;
        best = f64::max(best, rate);
    }
    Ok(best)
}

/// Adds memory after a tenth of the cycles and after all of them.
async fn soak(cycles: u64, report: &mut Report) -> anyhow::Result<()> {
    let root = folder()?;
    let queue = open(root.path(), Durability::Normal)?;
    let done = Arc::new(AtomicU64::new(0));
    let running: Vec<_> = (0..64).map(|_| tokio::spawn(cycle(queue.clone(), 1, done.clone()))).collect();
    for (share, name) in [(cycles / 10, "after a tenth"), (cycles, "after all")] {
        while done.load(Ordering::Relaxed) < share {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        report.add(format!("memory over {cycles} cycles, {name}"), resident_mib()?, "MiB");
    }
    report.add("database after them", crate::machine::database_mib(root.path())?, "MiB");
    running.iter().for_each(tokio::task::JoinHandle::abort);
    Ok(())
}
