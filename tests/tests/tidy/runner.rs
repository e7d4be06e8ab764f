//! The runner of all tests tells the truth: what it adds up, and how it ends.

use crate::repository;
use std::path::Path;
use std::process::Command;

const FINE: &str = "echo 'test result: ok. 3 passed; 0 failed; 0 ignored'";
const TWO_BINARIES: &str =
    "printf 'test result: %s\\n' 'ok. 4 passed; 0 failed;' 'FAILED. 1 passed; 2 failed;'; false";

/// Runs these stages; what was the last line, and was all well?
fn run(when: &str, stages: &str) -> (String, bool) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let list = folder.path().join("stages.txt");
    std::fs::write(&list, stages).expect("the list is written");
    let runner: &Path = &repository::root().join("tests/run.sh");
    let output = Command::new(runner).arg(when).arg(&list).output().expect("bash is there");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (text.lines().last().unwrap_or_default().to_owned(), output.status.success())
}

#[test]
fn totals_and_end_follow_the_stages() {
    for (stages, last, well) in [
        (format!("a 1 both {FINE}\nb 1 test {FINE}\n"), "6 passed, 0 failed", true),
        (format!("a 1 both {FINE}\nb 1 check {FINE}\n"), "3 passed, 0 failed", true),
        (format!("a 1 both {TWO_BINARIES}\nb 1 both {FINE}\n"), "8 passed, 2 failed", false),
        (format!("a 1 both false\nb 1 both {FINE}\n"), "3 passed, 1 failed", false),
        ("a 1 both exit 101\n".to_owned(), "0 passed, 1 failed", false),
        // A stage that says it failed and yet ends well is not believed.
        (format!("a 1 both {TWO_BINARIES}; true\n"), "5 passed, 2 failed", false),
        (format!("tools 1 both false\nb 1 both {FINE}\n"), "0 passed, 1 failed", false),
    ] {
        assert_eq!(run("test", &stages), (last.to_owned(), well), "{stages}");
    }
}

#[test]
fn a_run_of_nothing_is_no_success() {
    assert!(!run("test", "# nothing\n").1);
    assert!(!run("tset", "a 1 both true\n").1);
}
