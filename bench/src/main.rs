//! Benchmarks: `cargo run --release -p bench -- NAME [--json FILE]`. Each prints its figures as a table.

mod muse;
mod report;

use clap::{Parser, Subcommand};
use report::Report;
use std::path::PathBuf;

/// Measures Semblante and prints a table.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
    /// Also write the figures to FILE as [{"name", "value", "unit"}].
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Pictures and melodies: speed, recognisability, loudness, repeatability.
    Muse(muse::Arguments),
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut report = Report::default();
    match arguments.benchmark {
        Benchmark::Muse(arguments) => muse::run(&arguments, &mut report)?,
    }
    report.write(arguments.json.as_deref())
}
