//! Twin rule: a port `Queue` is `domain/src/ports/queue.rs`, its suite `domain/src/contract/queue.rs`, its embedded
//! adapter `embedded/src/queue.rs`, its AWS adapter `aws/src/queue.rs`. Same word, four places.

use crate::repository;

/// Ports without twins, and why.
const WITHOUT_TWINS: [(&str, &str); 7] = [
    ("mod", "the list of the ports"),
    ("error", "the ports' one error"),
    ("clock", "no store: backends bring their own, and tests hold still what they like"),
    ("face_engine", "no store: its adapters live in `vision` and in `aws`"),
    ("face_verifier", "no store: its adapters live in `vision` and in `aws`"),
    ("maker", "no store: its adapters live in `muse`"),
    ("meter", "no store: its adapters live where they are asked, or write logs"),
];

/// A file beside the suites: their list, with the trait that advances time.
const NO_SUITES: [&str; 1] = ["mod"];

const PORTS: &str = "shared/domain/src/ports/";
const SUITES: &str = "shared/domain/src/contract/";
const BACKENDS: [&str; 2] = ["shared/embedded/", "shared/aws/"];

#[test]
fn every_storage_like_port_has_its_suite_and_its_adapters() {
    let files = repository::files();
    let ports = files.iter().filter_map(|path| path.strip_prefix(PORTS)?.strip_suffix(".rs"));
    for port in ports.filter(|port| WITHOUT_TWINS.iter().all(|(name, _)| name != port)) {
        let there = |path: String| assert!(repository::exists(&path), "the port {port} has no {path}");
        there(format!("{SUITES}{port}.rs"));
        for backend in BACKENDS.iter().filter(|backend| repository::exists(backend)) {
            there(format!("{backend}src/{port}.rs"));
        }
    }
}

/// A backend's test is a list of calls: each suite must be called on each backend.
#[test]
fn every_suite_is_run_on_every_backend() {
    let texts = repository::texts();
    let suites = texts.iter().filter_map(|(path, _)| path.strip_prefix(SUITES)?.strip_suffix(".rs"));
    let suites: Vec<&str> = suites.filter(|suite| !NO_SUITES.contains(suite)).collect();
    assert!(!suites.is_empty());
    for suite in suites {
        for backend in BACKENDS.iter().filter(|backend| repository::exists(backend)) {
            let mut sources =
                texts.iter().filter(|(path, _)| path.starts_with(backend) && path.ends_with(".rs"));
            let called =
                sources.any(|(_, text)| text.contains("contract") && text.contains(&format!("{suite}::")));
            assert!(called, "{backend} does not run the suite of {suite}");
        }
    }
}

#[test]
fn exceptions_are_of_files_that_exist() {
    for (name, reason) in WITHOUT_TWINS {
        assert!(repository::exists(&format!("{PORTS}{name}.rs")), "{name}: {reason}");
    }
    for name in NO_SUITES {
        assert!(repository::exists(&format!("{SUITES}{name}.rs")), "{name}");
    }
}
