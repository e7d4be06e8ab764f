//! Rust files: short, named after their content, and safe.

use crate::packages::Metadata;
use crate::repository;

/// Longer than this, a file holds more than one thing.
const MAX_LINES: usize = 400;

/// Names that say nothing about the content: such a file ends up with everything.
const DRAWERS: [&str; 9] =
    ["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc", "impl"];

/// What lints do not see in every file, or allow. This file has to name it.
const BANNED: [&str; 6] = ["unsafe {", "unsafe fn", "unsafe impl", "todo!(", "unimplemented!(", "dbg!("];

/// The only reason to ignore a test: another test runs it, in a process of its own.
const RUN_BY_ANOTHER: &str = "#[ignore = \"run by ";

#[test]
fn rust_files_are_short() {
    for path in repository::rust_files() {
        let lines = repository::read(&path).lines().count();
        assert!(lines <= MAX_LINES, "{path} has {lines} lines: at most {MAX_LINES}; split it by noun");
    }
}

#[test]
fn rust_files_are_named_after_what_is_in_them() {
    for path in repository::rust_files() {
        let inside = path.split_once("src/").map_or(path.as_str(), |(_, inside)| inside);
        for word in inside.trim_end_matches(".rs").split(['/', '_', '-']) {
            assert!(!DRAWERS.contains(&word), "{path}: {word:?} says nothing of what is in it");
        }
    }
}

#[test]
fn rust_files_begin_with_what_they_are_for() {
    for path in repository::rust_files() {
        let text = repository::read(&path);
        assert!(text.starts_with("//! "), "{path} must begin with a line `//! What it is for.`");
    }
}

#[test]
fn nothing_is_unsafe_unfinished_or_switched_off() {
    for path in repository::rust_files().iter().filter(|path| !path.ends_with("tidy/files.rs")) {
        let text = repository::read(path);
        for word in BANNED {
            assert!(!text.contains(word), "{path} has {word}");
        }
        for ignored in text.lines().map(str::trim).filter(|line| line.starts_with("#[ignore")) {
            let runner = ignored.strip_prefix(RUN_BY_ANOTHER).and_then(|rest| rest.strip_suffix("\"]"));
            let there = runner.is_some_and(|runner| text.contains(&format!("fn {runner}()")));
            assert!(there, "{path} switches a test off: {ignored}");
        }
    }
}

#[test]
fn packages_take_lints_and_version_from_the_workspace() {
    for package in Metadata::read().members() {
        let text = std::fs::read_to_string(&package.manifest_path).expect("cargo just read it");
        let manifest: toml::Table = text.parse().expect("cargo just read it");
        let inherited =
            |section: &toml::Value, key: &str| section.get(key).map(|key| key["workspace"].clone());
        let yes = Some(toml::Value::Boolean(true));
        let name = &package.name;
        assert_eq!(manifest.get("lints").map(|lints| lints["workspace"].clone()), yes, "{name}: lints");
        for key in ["version", "edition", "rust-version", "license", "publish"] {
            assert_eq!(inherited(&manifest["package"], key), yes, "{name}: {key}.workspace = true");
        }
    }
}
