//! Which packages may use which.

use crate::packages::{Metadata, built_from};
use crate::repository;
use std::collections::BTreeSet;

/// Each package of ours, and the packages of ours that it may use outside its tests. A new package needs a line here.
const ARROWS: [(&str, &[&str]); 16] = [
    ("domain", &[]),
    ("lifecycle", &["domain"]),
    ("statemachine", &["domain"]),
    ("embedded", &["domain", "statemachine"]),
    ("aws", &["domain", "settings", "vision"]),
    ("vision", &["domain"]),
    ("muse", &["domain"]),
    ("settings", &["domain"]),
    ("ingest", &["domain", "lifecycle"]),
    ("workers", &["domain", "lifecycle"]),
    (
        "semblante",
        &[
            "aws",
            "domain",
            "embedded",
            "ingest",
            "lifecycle",
            "muse",
            "settings",
            "statemachine",
            "vision",
            "workers",
        ],
    ),
    ("lambda", &["aws", "domain", "ingest", "lifecycle", "muse", "settings", "vision", "workers"]),
    ("deadline", &[]),
    ("tests", &["domain", "embedded", "ingest", "statemachine", "workers"]),
    ("bench", &["domain", "embedded", "ingest", "muse", "quality", "statemachine", "vision", "workers"]),
    ("quality", &["domain", "muse"]),
];

/// What a package must not be built from. A name that ends with `-` stands for all that begin with it.
const KEPT_OUT: [(&str, &[&str]); 10] = [
    ("lifecycle", &["tokio", "aws-", "rusqlite", "reqwest", "hyper"]),
    ("domain", &["tokio", "aws-", "rusqlite", "reqwest", "hyper"]),
    ("statemachine", &["tokio", "aws-", "rusqlite", "reqwest", "hyper"]),
    // One HTTP stack and one TLS: the SDK's defaults would bring a second.
    ("aws", &["rusqlite", "ring", "hyper-tls", "native-tls", "sigv4a"]),
    ("vision", &["aws-", "rusqlite", "reqwest"]),
    ("muse", &["aws-", "rusqlite"]),
    ("ingest", &["aws-", "rusqlite"]),
    ("workers", &["aws-", "rusqlite"]),
    ("lambda", &["rusqlite"]),
    ("semblante", &["aws-"]),
];

/// What `domain` must not use: its callers pass moments, randomness and settings in.
const NOT_IN_DOMAIN: [&str; 5] = ["std::env", "SystemTime", "Instant::now", "Timestamp::now", "std::fs"];

/// The files that may name a backend. All others see ports.
const BOOT_FILES: [&str; 5] = [
    "cli/src/boot/account.rs",
    "cli/src/boot/directory.rs",
    "cli/src/boot/installation.rs",
    "cli/src/boot/mod.rs",
    "lambda/src/boot.rs",
];
const BACKENDS: [&str; 2] = ["embedded::", "aws::"];
/// The folders to which the rule about boot files applies.
const BLIND_FOLDERS: [&str; 4] = ["cli/src/", "ingest/src/", "workers/src/", "lambda/src/"];

#[test]
fn packages_use_only_those_they_may() {
    let metadata = Metadata::read();
    for package in metadata.members() {
        let arrow = ARROWS.iter().find(|(name, _)| *name == package.name);
        let (_, may) = arrow.unwrap_or_else(|| panic!("give {} its line in ARROWS", package.name));
        let may: BTreeSet<&str> = may.iter().copied().collect();
        let uses = package.ours(false);
        assert!(uses.is_subset(&may), "{} uses {uses:?} and may use {may:?}", package.name);
    }
    let domain = metadata.members().into_iter().find(|package| package.name == "domain");
    let of_tests = domain.map(|domain| domain.ours(true));
    assert_eq!(of_tests, Some(BTreeSet::new()), "domain uses nothing of ours, in its tests neither");
}

#[test]
fn packages_are_not_built_from_what_is_kept_out() {
    for (package, kept_out) in KEPT_OUT {
        let parts = built_from(package);
        assert!(parts.contains(package));
        for part in &parts {
            let culprit =
                kept_out.iter().find(|out| part == *out || (out.ends_with('-') && part.starts_with(*out)));
            assert_eq!(culprit, None, "{package} is built from {part}");
        }
    }
}

#[test]
fn the_domain_reads_no_clock_environment_or_file() {
    for path in repository::rust_files().iter().filter(|path| path.starts_with("shared/domain/src/")) {
        let text = repository::read(path);
        for question in NOT_IN_DOMAIN {
            assert!(!repository::before_tests(&text).contains(question), "{path} uses {question}");
        }
    }
}

#[test]
fn only_boot_files_name_a_backend() {
    for path in repository::rust_files() {
        if !BLIND_FOLDERS.iter().any(|folder| path.starts_with(folder)) || BOOT_FILES.contains(&path.as_str())
        {
            continue;
        }
        let text = repository::read(&path);
        for backend in BACKENDS {
            assert!(!names_crate(repository::before_tests(&text), backend), "{path} names {backend}");
        }
    }
}

/// Whether a crate is named, as in `embedded::Queue`, and not a module of the same name, as in `tests::embedded::x`.
fn names_crate(text: &str, backend: &str) -> bool {
    text.match_indices(backend).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && before != '_' && before != ':')
    })
}

#[test]
fn a_crate_is_told_from_a_word_that_ends_like_it() {
    for (text, named) in [
        ("use embedded::Queue;", true),
        ("embedded::open()", true),
        ("not_embedded::open()", false),
        ("crate::embedded::open()", false),
    ] {
        assert_eq!(names_crate(text, "embedded::"), named, "{text}");
    }
}
