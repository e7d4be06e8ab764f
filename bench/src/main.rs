//! Benchmarks: `make bench BENCH="NAME [--json FILE]"`. Each prints its figures as a table.

mod cold;
mod cost;
mod formats;
mod growth;
mod machine;
mod muse;
mod pipeline;
mod queue;
mod report;
mod statemachine;
mod vision;

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
    /// Cold starts of the Lambda functions, beside a Python function.
    Cold,
    /// What a million uploads cost on AWS, from the counted calls of one in the emulator.
    Cost,
    /// Decoding of each picture format: time and memory.
    Formats {
        /// Only decode this file, in this process; prints JSON.
        #[arg(long, hide = true, value_name = "FILE")]
        own: Option<PathBuf>,
    },
    /// Pictures and melodies: speed, recognisability, loudness, repeatability.
    Muse(muse::Arguments),
    /// The whole command: photos from PUT to gallery, status requests, memory, start.
    Pipeline(pipeline::Arguments),
    /// The embedded queue and gallery, beside the disk and apalis-sqlite.
    Queue(queue::Arguments),
    /// The pipeline's state machine with workers that answer at once.
    Statemachine(statemachine::Arguments),
    /// The embedded face engine against face-api, rustface and OpenCV.
    Vision {
        /// Only measure the engine, in this process; prints JSON.
        #[arg(long, hide = true)]
        own: bool,
    },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut report = Report::default();
    match arguments.benchmark {
        Benchmark::Cold => cold::run(&mut report)?,
        Benchmark::Cost => cost::run(&mut report)?,
        Benchmark::Formats { own: Some(file) } => return formats::own(&file),
        Benchmark::Formats { own: None } => formats::run(&mut report)?,
        Benchmark::Muse(arguments) => muse::run(&arguments, &mut report)?,
        Benchmark::Pipeline(arguments) => pipeline::run(&arguments, &mut report)?,
        Benchmark::Queue(arguments) => queue::run(&arguments, &mut report)?,
        Benchmark::Statemachine(arguments) => statemachine::run(&arguments, &mut report)?,
        Benchmark::Vision { own: true } => return vision::own(),
        Benchmark::Vision { own: false } => vision::run(&mut report)?,
    }
    report.write(arguments.json.as_deref())
}
