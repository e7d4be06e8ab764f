//! The command as a process: what it prints and how it ends.

use std::path::Path;
use std::process::{Command, Output};

/// Runs `semblante` in a folder of its own, with no environment but what is given.
fn semblante(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_semblante"))
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().copied())
        .args(arguments)
        .output()
        .expect("cargo built the command")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the command prints UTF-8")
}

#[test]
fn help_names_subcommands_settings_and_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let output = semblante(folder.path(), &[], &["--help"]);
    let help = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    for part in ["doctor", "settings", "completions", "--set", "SEMBLANTE_", "Exit codes", "semblante.toml"] {
        assert!(help.contains(part), "{part} is not in:\n{help}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["dotcor"][..], &[], &["settings", "--set", "data"], &["completions", "cmd"]] {
        assert_eq!(semblante(folder.path(), &[], arguments).status.code(), Some(2), "{arguments:?}");
    }
    let output = semblante(folder.path(), &[], &["dotcor"]);
    assert!(text(&output.stderr).contains("doctor"), "a near subcommand is suggested");
}

#[test]
fn completions_are_printed_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = semblante(folder.path(), &[], &["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("doctor"), "{shell}");
    }
}

#[test]
fn settings_prints_values_with_their_origins() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("semblante.toml"), "durability = 'normal'\n").unwrap();
    let environment = [("SEMBLANTE_LOG_LEVEL", "warn")];
    let output =
        semblante(folder.path(), &environment, &["settings", "--data", "d", "--set", "log_format=json"]);
    assert_eq!(output.status.code(), Some(0));
    let table = text(&output.stdout);
    let line = |key: &str| {
        let line = table.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{table}"));
        line.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect::<Vec<_>>()
    };
    assert_eq!(line("data")[..3], ["data", "d", "--data"]);
    assert_eq!(line("durability")[..3], ["durability", "normal", "semblante.toml:1"]);
    assert_eq!(line("log_level")[..3], ["log_level", "warn", "SEMBLANTE_LOG_LEVEL"]);
    assert_eq!(line("log_format")[..3], ["log_format", "json", "--set log_format"]);
    assert_eq!(line("models_dir")[..3], ["models_dir", "models", "default"]);
}

#[test]
fn wrong_settings_end_with_2_and_all_are_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("semblante.toml"), "\ndurabilty = 'full'\n").unwrap();
    let output = semblante(folder.path(), &[("SEMBLANTE_LOG_FORMAT", "xml")], &["settings"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout), "");
    let error = text(&output.stderr);
    assert!(error.contains("SEMBLANTE_LOG_FORMAT: setting log_format must be one of"), "{error}");
    assert!(
        error.contains("semblante.toml:2: unknown setting \"durabilty\"; did you mean \"durability\"?"),
        "{error}"
    );
}

#[test]
fn doctor_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let output = semblante(folder.path(), &[], &["doctor"]);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.lines().all(|line| ["ok ", "failed ", "skipped "].iter().any(|s| line.starts_with(s))));
    assert!(report.contains("failed   models"), "{report}");
    assert!(report.contains("make models"), "{report}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "the doctor makes nothing");
}

#[test]
fn doctor_names_wrong_settings_too() {
    let folder = tempfile::tempdir().unwrap();
    let output = semblante(folder.path(), &[("SEMBLANTE_DURABILITY", "half")], &["doctor"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("failed   settings        SEMBLANTE_DURABILITY: "));
}

/// README shows commands; each of them must be there.
#[test]
fn the_subcommands_that_readme_shows_exist() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let shown: Vec<&str> = readme
        .split(['`', '\n'])
        .filter_map(|piece| piece.trim().strip_prefix("semblante ")?.split_whitespace().next())
        .collect();
    assert!(!shown.is_empty());
    let folder = tempfile::tempdir().unwrap();
    for subcommand in shown {
        let output = semblante(folder.path(), &[], &[subcommand, "--help"]);
        assert_eq!(output.status.code(), Some(0), "semblante {subcommand}");
    }
}
