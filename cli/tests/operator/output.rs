//! What commands write beside their results: log lines and progress, on stderr.

use crate::installation::Installation;
use crate::server::ROOT;
use deadline::LIMIT;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

const CLEAR_LINE: &str = "\u{1b}[2K";
const GREEN: &str = "\u{1b}[32m";

fn with_a_broken_photo() -> Installation {
    let installation = Installation::new();
    installation.photo("a.jpg", b"\xff\xd8\xff\xe0 broken");
    installation
}

/// Runs a command beside a photo, with a terminal as stderr. Returns what it wrote on stdout and on the terminal.
fn on_a_terminal(environment: &[(&str, &str)], arguments: &[&str]) -> (String, String) {
    let installation = with_a_broken_photo();
    let mut terminal = File::from(openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal"));
    grantpt(&terminal).and_then(|()| unlockpt(&terminal)).expect("a terminal");
    let name = ptsname(&terminal, Vec::new()).expect("a terminal").into_string().expect("a path");
    let stderr = OpenOptions::new().read(true).write(true).open(name).expect("a terminal");
    let process = Command::new(env!("CARGO_BIN_EXE_semblante"))
        .current_dir(installation.path())
        .env_clear()
        .env("SEMBLANTE_MODELS_DIR", Path::new(ROOT).join("models"))
        .env("TERM", "xterm")
        .envs(environment.iter().copied())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .spawn()
        .expect("cargo built the command");
    // It is read meanwhile: a terminal holds a few kilobytes. Its end is an error on Linux.
    let reader = std::thread::spawn(move || {
        let mut written = Vec::new();
        match terminal.read_to_end(&mut written) {
            Ok(_) | Err(_) => String::from_utf8(written).expect("the command writes UTF-8"),
        }
    });
    let output = deadline::output(process, LIMIT, "semblante on a terminal");
    let out = String::from_utf8(output.stdout).expect("the command prints UTF-8");
    (out, reader.join().expect("it only reads"))
}

#[test]
fn a_photo_is_one_line_and_no_log() {
    let installation = with_a_broken_photo();
    let ran = installation.run(&["process", "photos/a.jpg"]);
    assert_eq!((ran.out.lines().count(), ran.err.as_str()), (1, ""), "{ran:?}");
    let verbose = installation.run(&["process", "photos/a.jpg", "-v"]);
    assert!(verbose.err.lines().all(|line| line.contains("\"level\":\"INFO\"")), "{verbose:?}");
    assert!(verbose.err.contains("attempt closed"), "{verbose:?}");
    let debug = installation.run(&["process", "photos/a.jpg", "-vv"]);
    assert!(debug.err.contains("\"level\":\"DEBUG\""), "{debug:?}");
    let wrong = installation.run(&["process", "photos/a.jpg", "-v", "-q"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}

#[test]
fn log_lines_step_aside_for_the_bar() {
    let (out, terminal) = on_a_terminal(&[], &["process", "photos/a.jpg", "-v"]);
    assert!(out.starts_with("failed "), "{out}");
    assert!(terminal.contains("of 1 photos, ") && terminal.contains("/s, "), "there is a bar: {terminal}");
    assert!(terminal.contains(GREEN), "levels have colours: {terminal}");
    let lines: Vec<&str> = terminal.lines().filter(|line| line.contains("INFO")).collect();
    assert!(!lines.is_empty(), "{terminal}");
    for line in lines {
        let visible = line.rsplit(CLEAR_LINE).next().unwrap_or(line);
        assert!(!visible.contains("photos, "), "a bar and a log line share a line: {line:?}");
    }
}

#[test]
fn an_import_has_a_bar_on_a_terminal_only() {
    let import = ["import", "photos", "photos", "--user", "ana@example.com", "--create"];
    let (out, terminal) = on_a_terminal(&[], &import);
    assert!(out.contains("1 imported"), "{out}");
    for part in ["of 1 photos, ", "/s, "] {
        assert!(terminal.contains(part), "{part}: {terminal}");
    }
    assert!(!out.contains('\u{1b}'), "{out}");
    let ran = with_a_broken_photo().run(&import);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
}

#[test]
fn no_color_is_obeyed_in_log_lines() {
    let (_, terminal) = on_a_terminal(&[("NO_COLOR", "1")], &["process", "photos/a.jpg", "-v"]);
    assert!(terminal.contains(" INFO "), "{terminal}");
    for colour in 30..38 {
        assert!(!terminal.contains(&format!("\u{1b}[{colour}m")), "{terminal}");
    }
    assert!(!terminal.contains("\u{1b}[2m") && !terminal.contains("\u{1b}[1m"), "{terminal}");
}

#[test]
fn quiet_leaves_the_results_alone() {
    let (out, terminal) = on_a_terminal(&[], &["process", "photos/a.jpg", "--quiet"]);
    assert!(out.starts_with("failed ") && out.lines().count() == 1, "{out}");
    assert_eq!(terminal, "");
    let installation = Installation::new();
    std::fs::create_dir_all(installation.data()).unwrap();
    assert_eq!(installation.up().stop(), Some(0));
    let noted = |arguments: &[&str]| installation.run(arguments).out.contains("is not running");
    assert!(noted(&["queues"]) && !noted(&["queues", "-q"]));
}
