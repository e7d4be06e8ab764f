//! A process to be killed: it works on a data directory and writes a line to stdout after each operation that was
//! acknowledged to it. `crash_child store|fill|executions FOLDER SEED`.

mod executions;
mod fill;
mod store;

use anyhow::bail;
use embedded::{Durability, Options, Store};
use std::path::Path;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, folder, seed] = arguments.as_slice() else { bail!("crash_child WHAT FOLDER SEED") };
    let seed: u64 = seed.parse()?;
    // What the death of a process leaves behind is the same either way; the timing of the commits is not.
    let durability = if seed.is_multiple_of(2) { Durability::Full } else { Durability::Normal };
    let store = Store::open(Path::new(folder), Options { durability, ..Options::default() })?;
    println!("open");
    match what.as_str() {
        "store" => store::work(&store, seed).await,
        "fill" => fill::work(&store).await,
        "executions" => executions::work(&store, seed).await,
        other => bail!("unknown work {other:?}"),
    }
}
