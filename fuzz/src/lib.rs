//! What the fuzz targets do with bytes. On stable each target is a program without a fuzzer's guidance:
//! `cargo run --manifest-path fuzz/Cargo.toml --bin cursor -- --seconds 120` mutates the target's own samples, and with file
//! names it replays these files.

mod bytes;
mod mutation;
mod requests;
pub mod targets;

use mutation::Mutations;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use targets::Target;

/// Runs a target as the command line says: `--seconds N`, or on files.
pub fn main(target: &Target) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [flag, seconds] if flag == "--seconds" => match seconds.parse() {
            Ok(seconds) => mutate(target, Duration::from_secs(seconds)),
            Err(error) => fail(&format!("--seconds {seconds}: {error}")),
        },
        files => replay(target, files),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::FAILURE
}

fn replay(target: &Target, files: &[String]) -> ExitCode {
    for file in files {
        match std::fs::read(file) {
            Ok(bytes) => (target.run)(&bytes),
            Err(error) => return fail(&format!("{file}: {error}")),
        }
    }
    ExitCode::SUCCESS
}

/// Feeds the target its samples and mutations of them. A panic ends it, and leaves the input in a file.
fn mutate(target: &Target, time: Duration) -> ExitCode {
    let samples = (target.samples)();
    let mut mutations = Mutations::of(&samples);
    let (end, mut runs) = (Instant::now() + time, 0_u64);
    while Instant::now() < end {
        let input = match usize::try_from(runs).ok().and_then(|run| samples.get(run)) {
            Some(sample) => sample.clone(),
            None => mutations.next(),
        };
        if catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_err() {
            let file = std::env::temp_dir().join(format!("fuzz-{}-{runs}", target.name));
            let written = std::fs::write(&file, &input);
            return fail(&format!("{}: a panic; input in {} ({written:?})", target.name, file.display()));
        }
        runs += 1;
    }
    println!("{}: {runs} inputs in {} s", target.name, time.as_secs());
    ExitCode::SUCCESS
}
