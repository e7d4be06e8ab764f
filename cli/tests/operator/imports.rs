//! `import photos`.

use crate::installation::{Installation, sample};
use deadline::LIMIT;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

const ANA: &str = "ana@example.com";

fn outcomes(told: &Value) -> Vec<&str> {
    told["photos"].as_array().expect("rows").iter().filter_map(|photo| photo["outcome"].as_str()).collect()
}

#[test]
fn photos_wait_for_the_server_and_come_in_once() {
    let installation = Installation::new();
    installation.photo("a.jpg", &sample(1));
    installation.photo("b.jpg", &sample(1));
    installation.photo("notes.txt", b"no photo");
    let first = installation.run(&["import", "photos", "photos", "--user", ANA, "--create"]);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(first.out.contains("1 duplicate, 1 imported, 1 skipped"), "{first:?}");
    assert!(
        first
            .out
            .contains("skipped   photos/notes.txt  unsupported_type: this kind of file is not supported"),
        "{first:?}"
    );
    assert!(first.out.contains("at its next start"), "{first:?}");

    let server = installation.up();
    // The only user needs no naming; what is in is not sent in again, and is waited for.
    let told = installation.json(&["import", "photos", "photos", "--process"]);
    assert_eq!(outcomes(&told), ["duplicate", "duplicate"]);
    assert_eq!(told["states"], json!({"complete": 2}));
    installation.photo("c.jpg", &sample(2));
    let told = installation.json(&["import", "photos", "photos", "--user", ANA, "--process"]);
    assert_eq!(outcomes(&told), ["duplicate", "duplicate", "imported"]);
    assert_eq!(told["states"], json!({"complete": 3}));
    assert_eq!(server.stop(), Some(0));
    let gallery = installation.json(&["gallery", "--user", ANA]);
    assert_eq!(gallery["uploads"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_photo_that_is_too_large_is_refused_and_the_rest_goes_on() {
    let installation = Installation::new();
    installation.photo("large.jpg", &[&b"\xff\xd8\xff\xe0"[..], &[0; 300_000]].concat());
    installation.photo("small.jpg", &sample(1));
    let import = ["import", "photos", "photos", "--user", ANA, "--create"];
    let limited = [&import[..], &["--set", "max_upload_bytes=300000"]].concat();
    let ran = installation.run(&limited);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("image_too_large") && ran.out.contains("1 imported, 1 refused"), "{ran:?}");
    // The server's limit counts, not the command's.
    let server = installation.up();
    installation.photo("huge.jpg", &[&b"\xff\xd8\xff\xe0"[..], &vec![0; 21 << 20]].concat());
    let ran = installation.run(&[&import[..], &["--set", "max_upload_bytes=33554432", "--json"]].concat());
    let photos = ran.json()["photos"].clone();
    assert_eq!(
        (&photos[0]["file"], &photos[0]["code"]),
        (&json!("photos/huge.jpg"), &json!("image_too_large"))
    );
    assert_eq!((&photos[1]["outcome"], &photos[2]["outcome"]), (&json!("imported"), &json!("duplicate")));
    assert_eq!(server.stop(), Some(0));
}

#[test]
fn who_and_what_must_be_there() {
    let installation = Installation::new();
    installation.photo("a.jpg", b"\xff\xd8\xff\xe0");
    std::fs::create_dir(installation.path().join("empty")).unwrap();
    let import = |arguments: &[&str]| installation.run(&[&["import", "photos"], arguments].concat());
    let told = |ran: crate::installation::Ran, code: i32, said: &str| {
        assert_eq!(ran.code, Some(code), "{ran:?}");
        assert!(ran.err.contains(said), "{said}: {ran:?}");
    };
    told(import(&["photos", "--user", ANA]), 1, "there is no installation");
    assert!(!installation.data().exists(), "a mistyped directory is not made");
    told(import(&["empty", "--user", ANA, "--create"]), 1, "no photo");
    told(import(&["absent", "--user", ANA]), 1, "absent");
    told(import(&["photos", "--create"]), 2, "--user");
    told(import(&["photos", "--user", "ana", "--create"]), 1, "--create requires an e-mail address");
    told(import(&["photos"]), 1, "has no users");
    assert_eq!(import(&["photos", "--user", ANA, "--create"]).code, Some(0));
    told(import(&["photos", "--user", "bea@example.com"]), 1, "no_such_user");
    assert_eq!(import(&["photos", "--user", "bea@example.com", "--create"]).code, Some(0));
    told(import(&["photos"]), 1, "name one with --user");
    told(import(&["photos", "--user", ANA, "--tenant", "stranger"]), 1, "no_such_user");
}

#[test]
fn each_file_that_is_skipped_is_told() {
    let installation = Installation::new();
    installation.photo("a.jpg", b"\xff\xd8\xff\xe0");
    installation.photo("notes.txt", b"no photo");
    installation.photo("empty.jpg", b"");
    installation.photo("sub\u{1b}[2J\nrefused b.jpg", b"no photo");
    let photos = installation.path().join("photos");
    std::fs::create_dir_all(photos.join("@eaDir/a.jpg")).unwrap();
    std::fs::write(photos.join("@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg"), b"\xff\xd8\xff\xe1").unwrap();
    let made = Command::new("mkfifo").arg(photos.join("fifo.jpg")).status().expect("mkfifo is there");
    assert!(made.success());
    let import = ["import", "photos", "photos", "--user", ANA, "--create"];
    let ran = installation.run(&import);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for line in [
        "skipped   photos/@eaDir  foreign_directory: ",
        "skipped   photos/empty.jpg  empty_photo: the file is empty",
        "skipped   photos/fifo.jpg  irregular_file: ",
        "skipped   photos/notes.txt  unsupported_type: this kind of file is not supported; send JPEG",
        "skipped   photos/sub\\u{1b}[2J\\nrefused b.jpg  unsupported_type: ",
        "1 imported, 5 skipped",
    ] {
        assert!(ran.out.lines().any(|told| told.starts_with(line)), "{line}: {ran:?}");
    }
    assert!(!ran.out.contains('\u{1b}'), "{ran:?}");
    let told = installation.json(&import);
    let skipped: Vec<_> = told["skipped"].as_array().expect("rows").iter().map(|row| &row["code"]).collect();
    let codes =
        ["foreign_directory", "empty_photo", "irregular_file", "unsupported_type", "unsupported_type"];
    assert_eq!(skipped, codes, "{told}");
    assert_eq!(told["outcomes"], json!({"duplicate": 1, "skipped": 5}));
    assert_eq!(
        told["skipped"][4]["file"], "photos/sub\u{1b}[2J\nrefused b.jpg",
        "programs get the very name"
    );
    // A file that is named is refused, and a run without photos fails.
    let named = installation.run(&["import", "photos", "photos/fifo.jpg", "--user", ANA]);
    assert!(named.code == Some(1) && named.out.contains("irregular_file"), "{named:?}");
    std::fs::remove_file(photos.join("a.jpg")).unwrap();
    assert_eq!(installation.run(&import).code, Some(1));
}

const MANY: usize = 200;

/// The objects of a data directory.
fn objects(below: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(below) else { return 0 };
    entries.flatten().map(|entry| if entry.path().is_dir() { objects(&entry.path()) } else { 1 }).sum()
}

/// An import of many photos that gets a signal once some of them are stored. Returns its exit code and what it printed.
fn interrupted(installation: &Installation, signal: Signal) -> (Option<i32>, String, String) {
    let process = installation.start(&["import", "photos", "photos", "--user", ANA, "--create", "--json"]);
    let media = installation.data().join("objects/media");
    deadline::until(LIMIT, "the first photos are stored", || objects(&media) > 2);
    kill_process(Pid::from_child(&process), signal).expect("it runs");
    let ended = deadline::output(process, LIMIT, "semblante import");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the command prints UTF-8");
    (ended.status.code(), text(ended.stdout), text(ended.stderr))
}

#[test]
fn an_import_that_was_stopped_goes_on_without_doubling() {
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        let installation = Installation::new();
        for number in 0..MANY {
            let content = [b"\xff\xd8\xff\xe0", number.to_string().as_bytes(), &[0; 2000]].concat();
            installation.photo(&format!("{number:03}.jpg"), &content);
        }
        let (code, out, err) = interrupted(&installation, signal);
        if signal != Signal::KILL {
            assert_eq!(code, Some(1), "{out} {err}");
            let told: Value = serde_json::from_str(&out).expect("the document is whole");
            let sent = told["photos"].as_array().expect("rows").len();
            assert!(sent > 0 && sent < MANY, "it was stopped in the middle: {sent}");
            assert_eq!((&told["interrupted"], &told["outcomes"]["imported"]), (&json!(true), &json!(sent)));
            assert!(err.contains(&format!("interrupted: {sent} of {MANY} photos were sent")), "{err}");
            assert_eq!(objects(&installation.data().join("objects/media")), sent, "what was begun is stored");
        }
        let told = installation.json(&["import", "photos", "photos", "--user", ANA, "--create"]);
        let ids: std::collections::BTreeSet<&str> = told["photos"]
            .as_array()
            .expect("rows")
            .iter()
            .filter_map(|photo| photo["upload_id"].as_str())
            .collect();
        assert_eq!(ids.len(), MANY, "{signal:?}: each photo is an upload");
        if signal != Signal::KILL {
            assert!(told["outcomes"]["duplicate"].as_u64() > Some(0), "{signal:?}: {}", told["outcomes"]);
            // A kill may leave files without rows, which maintenance finds.
            assert_eq!(objects(&installation.data().join("objects/media")), MANY, "{signal:?}");
        }
        let told = installation.json(&["import", "photos", "photos", "--user", ANA]);
        assert_eq!(told["outcomes"], json!({"duplicate": MANY}), "{signal:?}");
    }
}
