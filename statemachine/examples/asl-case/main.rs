//! Runs recorded state machine cases against the interpreter, on a virtual clock.
//!
//! `cargo run -p statemachine --example asl-case -- FILE...` prints one JSON line per case,
//! `{name, pass, why, status, output, error, cause, events}`, and exits with 1 if any case differs from its recording.
//! `why` begins with `unsupported: <path>` where the definition uses what the interpreter does not support.
//!
//! A case file is a JSON object: `name`, `kind` (`execution`, `create`, `test_state`), `definition` (or
//! `definition_jsonata`, which is run instead if present), `input`, `script` (what the outside does with each message)
//! and `expect`. `<...>` within an expected string stands for anything, the same mask for the same thing.

#![allow(missing_docs)] // A program, not a library.

mod case;
mod compare;
mod create;
mod execution;
mod mask;
mod test_state;

use std::panic;
use std::process::ExitCode;
use std::thread;

use serde_json::{Value, json};

/// Stack for one case: expressions may recurse, and an overflow would take all cases with it.
const STACK_BYTES: usize = 256 << 20;

/// What a case came to.
#[derive(Default)]
pub struct Report {
    /// What differs; nothing, if it passed.
    pub differences: Vec<String>,
    pub status: Option<String>,
    pub output: Option<Value>,
    pub error: Option<String>,
    pub cause: Option<String>,
    pub events: Vec<String>,
}

fn main() -> ExitCode {
    let mut all = true;
    for file in std::env::args().skip(1) {
        let (name, report) = attempt(&file);
        let pass = report.differences.is_empty();
        all &= pass;
        let line = json!({
            "name": name,
            "pass": pass,
            "why": report.differences.join("; "),
            "status": report.status,
            "output": report.output,
            "error": report.error,
            "cause": report.cause,
            "events": report.events,
        });
        println!("{line}");
    }
    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs one file on a thread of its own; a panic is a difference like any other.
fn attempt(file: &str) -> (String, Report) {
    let fallback = std::path::Path::new(file).file_stem().map_or(file.into(), |stem| stem.to_string_lossy());
    let fallback = fallback.into_owned();
    let case = match case::read(file) {
        Ok(case) => case,
        Err(why) => return (fallback, Report { differences: vec![why], ..Report::default() }),
    };
    let name = case.name.clone();
    let run = move || panic::catch_unwind(|| case::run(&case));
    let joined = thread::Builder::new().stack_size(STACK_BYTES).spawn(run).map(thread::JoinHandle::join);
    let report = match joined {
        Ok(Ok(Ok(report))) => report,
        Ok(Ok(Err(panic)) | Err(panic)) => {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            let why = format!("panic: {}", said.unwrap_or_default());
            Report { differences: vec![why], ..Report::default() }
        }
        Err(error) => Report { differences: vec![format!("no thread: {error}")], ..Report::default() },
    };
    (name, report)
}
