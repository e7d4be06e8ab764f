//! Benchmarks: `make bench BENCH="NAME [--json FILE]"`; `make bench` lists them.

mod cold;
mod cost;
mod formats;
mod growth;
mod hostile;
mod machine;
mod muse;
mod pipeline;
mod queue;
mod report;
mod statemachine;
mod vision;

use clap::{CommandFactory, Parser, Subcommand};
use report::Report;
use std::path::PathBuf;

/// Measures Semblante. Prints a table; without a benchmark, lists them.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Option<Benchmark>,
    /// Also write the figures to FILE as [{"name", "value", "unit"}]
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Cold starts of the Lambda functions and of a Python function
    Cold,
    /// Cost of a million uploads on AWS, from the counted calls of one upload in the emulator
    Cost,
    /// Decoding of each picture format: time and memory
    Formats {
        /// Decode this file alone in this process and print JSON
        #[arg(long, hide = true, value_name = "FILE")]
        own: Option<PathBuf>,
    },
    /// Uploads of one user beside slow bodies, silent sockets and a flood of orders
    Hostile(hostile::Arguments),
    /// Pictures and melodies: speed, recognisability, loudness, repeatability
    Muse(muse::Arguments),
    /// The server: photos from PUT to gallery, status requests, memory, start-up
    Pipeline(pipeline::Arguments),
    /// The embedded queue and gallery, compared with the disk and with apalis-sqlite
    Queue(queue::Arguments),
    /// The pipeline's state machine with workers that answer at once
    Statemachine(statemachine::Arguments),
    /// The embedded face engine, compared with face-api, rustface and OpenCV
    Vision {
        /// Measure the engine alone in this process and print JSON
        #[arg(long, hide = true)]
        own: bool,
    },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut report = Report::default();
    let Some(benchmark) = arguments.benchmark else { return Ok(Arguments::command().print_help()?) };
    match benchmark {
        Benchmark::Cold => cold::run(&mut report)?,
        Benchmark::Cost => cost::run(&mut report)?,
        Benchmark::Formats { own: Some(file) } => return formats::own(&file),
        Benchmark::Formats { own: None } => formats::run(&mut report)?,
        Benchmark::Hostile(arguments) => hostile::run(&arguments, &mut report)?,
        Benchmark::Muse(arguments) => muse::run(&arguments, &mut report)?,
        Benchmark::Pipeline(arguments) => pipeline::run(&arguments, &mut report)?,
        Benchmark::Queue(arguments) => queue::run(&arguments, &mut report)?,
        Benchmark::Statemachine(arguments) => statemachine::run(&arguments, &mut report)?,
        Benchmark::Vision { own: true } => return vision::own(),
        Benchmark::Vision { own: false } => vision::run(&mut report)?,
    }
    report.finish(arguments.json.as_deref())
}
