//! The command as a process: what it prints and how it ends.

use deadline::LIMIT;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs `semblante` in a folder of its own, with no environment but what is given.
fn semblante(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let process = Command::new(env!("CARGO_BIN_EXE_semblante"))
        .current_dir(folder)
        .env_clear()
        .envs(environment.iter().copied())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("cargo built the command");
    deadline::output(process, LIMIT, &format!("semblante {}", arguments.join(" ")))
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
fn an_error_names_the_flag_that_was_typed() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, sentence) in [
        (
            &["up", "--listen", "8080"][..],
            "semblante: --listen: setting listen must be an address and a port",
        ),
        (&["up", "--set", "listen=8080"], "semblante: --set listen: setting listen must be"),
        (
            &["queues", "--backend", "gcp"],
            "semblante: --backend: setting backend must be one of embedded, aws",
        ),
        (&["queues", "--data", ""], "semblante: --data: setting data must be a path"),
    ] {
        let output = semblante(folder.path(), &[], arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).starts_with(sentence), "{arguments:?}: {}", text(&output.stderr));
    }
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

#[test]
fn settings_and_findings_are_json_for_programs() {
    let folder = tempfile::tempdir().unwrap();
    let json = |command: &str| -> serde_json::Value {
        let output = semblante(folder.path(), &[("SEMBLANTE_DATA", "d")], &[command, "--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    };
    let settings = json("settings");
    let rows = settings["settings"].as_array().cloned().unwrap_or_default();
    let data = rows.iter().find(|row| row["key"] == "data");
    assert_eq!(
        data.map(|data| (&data["value"], &data["from"])),
        Some((&"d".into(), &"SEMBLANTE_DATA".into()))
    );
    let checks = json("doctor")["checks"].as_array().cloned().unwrap_or_default();
    let models = checks.iter().find(|check| check["subject"] == "models");
    assert_eq!(models.map(|models| &models["state"]), Some(&"failed".into()), "{checks:?}");
}

#[test]
fn an_account_needs_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["up", "queues"] {
        let output = semblante(folder.path(), &[], &[command, "--backend", "aws"]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        for key in ["media_bucket", "queue_url_prefix", "table_prefix", "state_machine", "secret"] {
            let sentence = format!("setting {key} is missing: backend = aws needs it");
            assert!(told.contains(&sentence), "{told}");
        }
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made");
}

/// What each command's help must tell beside its examples.
const HELPS: [(&[&str], &[&str]); 26] = [
    (&["up"], &["--listen", "SIGTERM"]),
    (&["process"], &["<FILE|DIR>", "--out", "--json", "--verbose", "--quiet"]),
    (&["import"], &["photos"]),
    (&["import", "photos"], &["<DIR|FILE>", "--user", "--tenant", "--create", "--process", "--json"]),
    (&["status"], &["<ID>", "--tenant", "--json"]),
    (&["gallery"], &["--tenant", "--user", "--emotion", "--state", "--limit", "--cursor", "--all", "--json"]),
    (&["queues"], &["--json"]),
    (&["users"], &["list", "create", "role", "disable"]),
    (&["users", "list"], &["--tenant", "--limit", "--cursor", "--all", "--json"]),
    (&["users", "create"], &["<EMAIL>", "--name", "--role", "--password-stdin", "--tenant", "--json"]),
    (&["users", "role"], &["<USER>", "<ROLE>", "--tenant", "--json"]),
    (&["users", "disable"], &["<USER>", "--undo", "--tenant", "--json"]),
    (&["operators", "create"], &["<EMAIL>", "--password-stdin", "--json"]),
    (&["maintain"], &["--dry-run", "--json"]),
    (&["dead-letters"], &["list", "show", "redrive"]),
    (&["dead-letters", "list"], &["--tenant", "--limit", "--cursor", "--all", "--json"]),
    (&["dead-letters", "show"], &["<ID>", "--json"]),
    (&["dead-letters", "redrive"], &["[ID]", "--all", "--tenant", "--json"]),
    (
        &["replay"],
        &[
            "<ID|->",
            "--from",
            "image-generation",
            "--dry-run",
            "--reroll",
            "--supersede",
            "--reason",
            "--wait",
        ],
    ),
    (&["keys", "rotate"], &["15 minutes", "--json"]),
    (&["bench", "accuracy"], &["<DIR|CSV>", "--html", "labels.csv", "--json"]),
    (&["analyse"], &["<FILE|->", "--tiles", "--descriptors", "--draw", "--json"]),
    (
        &["paint"],
        &[
            "--emotion",
            "HAPPY",
            "--seed",
            "0 to 18446744073709551615",
            "--valence",
            "--arousal",
            "--style",
            "aurora",
            "--size",
            "--output <FILE|->",
            ".png",
            "--json",
        ],
    ),
    (
        &["compose"],
        &[
            "--emotion",
            "SAD",
            "--seed",
            "0 to 18446744073709551615",
            "--valence",
            "--arousal",
            "--bars",
            "--soundfont",
            "--output <FILE|->",
            "--midi <FILE|->",
            "--json",
        ],
    ),
    (&["settings"], &["Secrets", "--json"]),
    (&["doctor"], &["skipped", "--json"]),
];

#[test]
fn every_help_tells_what_the_command_takes() {
    let folder = tempfile::tempdir().unwrap();
    let main = text(&semblante(folder.path(), &[], &["--help"]).stdout);
    for (command, parts) in HELPS {
        let output = semblante(folder.path(), &[], &[command, &["--help"]].concat());
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        let help = text(&output.stdout);
        for part in parts.iter().chain(&["Usage: semblante"]) {
            assert!(help.contains(part), "{command:?}: {part} is not in:\n{help}");
        }
        let has_examples = help.contains("Examples:\n  semblante ");
        let at = |part: &str| help.find(part).unwrap_or(usize::MAX);
        assert!(
            has_examples && at("Examples:") < at("Options:"),
            "{command:?}: examples come first:\n{help}"
        );
        assert!(main.contains(&format!("\n  {} ", command[0])), "{command:?} is not in:\n{main}");
    }
}

/// README shows commands; each of them, and each flag in their lines, must be there.
#[test]
fn the_commands_that_readme_shows_exist() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let shown: Vec<Vec<&str>> = readme
        .split(['`', '\n'])
        .filter_map(|piece| Some(piece.trim().strip_prefix("semblante ")?.split_whitespace().collect()))
        .collect();
    assert!(shown.len() > 12, "{shown:?}");
    let folder = tempfile::tempdir().unwrap();
    for words in shown {
        let depth = if ["import", "dead-letters"].contains(&words[0]) { 2 } else { 1 };
        let output = semblante(folder.path(), &[], &[&words[..depth], &["--help"]].concat());
        assert_eq!(output.status.code(), Some(0), "semblante {words:?}");
        let mut help = text(&output.stdout);
        if words[0] == "dead-letters" {
            // Its line tells of its sisters too.
            help += &text(&semblante(folder.path(), &[], &["dead-letters", "redrive", "--help"]).stdout);
        }
        let flag =
            |word: &&str| word.starts_with("--").then(|| word.trim_end_matches([',', ';', ':']).to_owned());
        for flag in words.iter().filter_map(flag) {
            assert!(help.contains(&flag), "README: semblante {} has no {flag}", words[0]);
        }
    }
}
