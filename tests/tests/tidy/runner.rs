//! The runner of all tests: its totals, its exit code, and the end of stages that hang.

use crate::repository;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const FINE: &str = "echo 'test result: ok. 3 passed; 0 failed; 0 ignored'";
const TWO_BINARIES: &str =
    "printf 'test result: %s\\n' 'ok. 4 passed; 0 failed;' 'FAILED. 1 passed; 2 failed;'; false";

/// Longer than any run here takes, also on a machine that is five times slower.
const LIMIT: Duration = Duration::from_secs(120);

struct Ran {
    output: String,
    success: bool,
}

impl Ran {
    fn last_line(&self) -> &str {
        self.output.lines().last().unwrap_or_default()
    }
}

fn run(when: &str, stages: &str) -> Ran {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let list = folder.path().join("stages.txt");
    std::fs::write(&list, stages).expect("the list is written");
    let runner: &Path = &repository::root().join("tests/run.sh");
    let mut command = Command::new(runner);
    let child = command.arg(when).arg(&list).stdout(Stdio::piped()).spawn().expect("bash is installed");
    let output = deadline::output(child, LIMIT, "tests/run.sh");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ran { output: text, success: output.status.success() }
}

#[test]
fn totals_and_exit_code_follow_the_stages() {
    for (stages, last, success) in [
        (format!("a 1 both {FINE}\nb 1 test {FINE}\n"), "6 passed, 0 failed", true),
        (format!("a 1 both {FINE}\nb 1 check {FINE}\n"), "3 passed, 0 failed", true),
        (format!("a 1 both {TWO_BINARIES}\nb 1 both {FINE}\n"), "8 passed, 2 failed", false),
        (format!("a 1 both false\nb 1 both {FINE}\n"), "3 passed, 1 failed", false),
        ("a 1 both exit 101\n".to_owned(), "0 passed, 1 failed", false),
        // A failed test counts even if its stage exits with 0.
        (format!("a 1 both {TWO_BINARIES}; true\n"), "5 passed, 2 failed", false),
        (format!("tools 1 both false\nb 1 both {FINE}\n"), "0 passed, 1 failed", false),
    ] {
        let ran = run("test", &stages);
        assert_eq!((ran.last_line(), ran.success), (last, success), "{stages}{}", ran.output);
    }
}

#[test]
fn a_run_of_nothing_is_no_success() {
    assert!(!run("test", "# nothing\n").success);
    assert!(!run("tset", "a 1 both true\n").success);
}

/// A budget of 0.01 minutes: the runner kills the stage after 1.8 seconds.
#[test]
fn a_stage_that_hangs_is_killed_and_the_next_one_runs() {
    for (hangs, named) in [
        (
            "echo Running tests/x.rs; echo 'test x::slow has been running for over 60 seconds'; \
             echo 'test x::quick ... ok'; sleep 1000",
            "running: x::slow in tests/x.rs",
        ),
        ("printf 'journeys.py::first PASSED\\njourneys.py::second '; sleep 1000", "journeys.py::second"),
        ("echo compiling; sleep 1000", "running: unknown; last line: compiling"),
        // Processes that ignore SIGTERM or leave the process group.
        ("trap '' TERM; setsid sleep 20 & sleep 1000", "running: unknown"),
    ] {
        let ran = run("test", &format!("a 0.01 both {hangs}\nb 1 both {FINE}\n"));
        let killed = ran.output.lines().find(|line| line.contains("a: killed after 1.8 seconds"));
        assert!(killed.is_some_and(|line| line.contains(named)), "{named}: {}", ran.output);
        assert_eq!((ran.last_line(), ran.success), ("3 passed, 1 failed", false), "{hangs}: {}", ran.output);
    }
}

#[test]
fn a_killed_stage_leaves_no_process() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let file = folder.path().join("pid");
    let stage = format!("(trap '' TERM; sh -c 'echo $$ >{}; exec sleep 1000') & sleep 1000", file.display());
    assert!(!run("test", &format!("a 0.01 both {stage}\n")).success);
    let pid = std::fs::read_to_string(&file).expect("the stage wrote its process id");
    // A zombie has ended; only its parent has not noticed.
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
    assert!(status.is_empty() || status.contains("State:\tZ"), "process {pid} is still there: {status}");
}
