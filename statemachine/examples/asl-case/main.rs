//! Runs recorded state machine cases against the interpreter, on a virtual clock.
//!
//! `cargo run -p statemachine --example asl-case -- FILE...` prints one JSON line per case,
//! `{name, pass, why, status, output, error, cause, events}`, and exits with 1 if a case differs from its recording.
//! `why` begins with `unsupported: <path>` where the definition uses a feature that the interpreter does not support.
//!
//! A case file holds a JSON object or an array of them: `name`, `kind` (`execution`, `create`, `test_state`), `definition` (or
//! `definition_jsonata`, which runs instead if present), `input`, `script` (the workers' answer to each message) and
//! `expect`. `<...>` within an expected string is a mask: it matches any text, and the same mask matches the same text. An
//! entry of the script with a `queue` answers a message in that queue, one without answers any. Where `expect` says
//! `branches_race`, the branches of a Parallel may interleave differently in the `history`.

mod case;
mod compare;
mod create;
mod execution;
mod mask;
mod strands;
mod test_state;
mod trial;

use std::panic;
use std::process::ExitCode;
use std::thread;

use case::Case;
use serde_json::{Value, json};

/// Stack of one case: expressions may recurse, and an overflow would end all cases.
const STACK_BYTES: usize = 256 << 20;

/// The result of a case.
#[derive(Default)]
pub struct Report {
    /// Empty if the case passed.
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
        let results = match case::read(&file) {
            Ok(cases) => cases.into_iter().map(|case| (case.name.clone(), attempt(case))).collect(),
            Err(why) => vec![(file, Report::differing(why))],
        };
        for (name, report) in results {
            all &= report.differences.is_empty();
            println!("{}", report.line(&name));
        }
    }
    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a case on a thread of its own; a panic counts as a difference.
fn attempt(case: Case) -> Report {
    let run = move || panic::catch_unwind(|| case::run(&case));
    let joined = thread::Builder::new().stack_size(STACK_BYTES).spawn(run).map(thread::JoinHandle::join);
    match joined {
        Ok(Ok(Ok(report))) => report,
        Ok(Ok(Err(panic)) | Err(panic)) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Report::differing(format!("panic: {}", text.unwrap_or_default()))
        }
        Err(error) => Report::differing(format!("no thread: {error}")),
    }
}

impl Report {
    pub fn differing(why: String) -> Report {
        Report { differences: vec![why], ..Report::default() }
    }

    fn line(&self, name: &str) -> Value {
        json!({
            "name": name,
            "pass": self.differences.is_empty(),
            "why": self.differences.join("; "),
            "status": self.status,
            "output": self.output,
            "error": self.error,
            "cause": self.cause,
            "events": self.events,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_cases() -> Vec<Case> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");
        let files = std::fs::read_dir(folder).expect("the folder is there");
        let paths = files.map(|file| file.expect("readable").path().to_string_lossy().into_owned());
        paths.flat_map(|path| case::read(&path).expect("well formed")).collect()
    }

    #[test]
    fn own_cases_pass() {
        let cases = own_cases();
        assert!(cases.len() >= 40, "{}", cases.len());
        for case in cases {
            let name = case.name.clone();
            assert_eq!(attempt(case).differences, Vec::<String>::new(), "{name}");
        }
    }

    /// Every single expectation counts: a case with any of them changed does not pass.
    #[test]
    fn a_changed_expectation_is_noticed() {
        for case in own_cases() {
            for (field, recorded) in &case.expect {
                let mut changed = case.clone();
                changed.expect.insert(field.clone(), other_than(recorded));
                assert_ne!(attempt(changed).differences, Vec::<String>::new(), "{}: {field}", case.name);
            }
        }
    }

    /// A value like this one, but different somewhere within it.
    fn other_than(value: &Value) -> Value {
        match value {
            Value::Array(items) if !items.is_empty() => {
                let mut items = items.clone();
                let last = items.len() - 1;
                items[last] = other_than(&items[last]);
                items.into()
            }
            Value::Object(map) if !map.is_empty() => {
                let mut map = map.clone();
                let first =
                    map.keys().find(|name| !is_masked(&map[name.as_str()])).expect("not all are masked");
                let first = first.clone();
                map[&first] = other_than(&map[&first]);
                map.into()
            }
            Value::String(text) => format!("{text}, but another").into(),
            Value::Number(_) => json!(-77),
            _ => json!(["something else"]),
        }
    }

    fn is_masked(value: &Value) -> bool {
        value.as_str().is_some_and(|text| text.starts_with('<'))
    }

    #[test]
    fn an_unknown_kind_is_a_line_like_any_other() {
        let broken = json!({"name": "x", "kind": "no such kind", "definition": 1, "expect": {}});
        let report = attempt(Case::of(broken).expect("well formed"));
        let line = report.line("x");
        assert_eq!(line["pass"], json!(false));
        assert_eq!(line["why"], json!("unsupported: kind no such kind"));
    }
}
