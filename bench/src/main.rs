//! Benchmarks: `cargo run --release -p bench -- NAME [--json FILE]`. Each prints its figures as a table.

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
enum Benchmark {}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let report = Report::default();
    match arguments.benchmark {}
    #[allow(unreachable_code)]
    report.write(arguments.json.as_deref())
}
