//! The top level of the repository, and what its host reads.

use crate::repository;
use std::collections::BTreeSet;

/// All that may be at the top level. A folder of these need not exist yet.
const TOP_LEVEL: [&str; 28] = [
    ".ci",
    ".github",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "Makefile",
    "README.md",
    "bench",
    "cli",
    "clippy.toml",
    "deny.toml",
    "deploy",
    "docs",
    "fuzz",
    "ingest",
    "lambda",
    "rustfmt.toml",
    "semblante.toml.example",
    "shared",
    "statemachine",
    "template.yaml",
    "tests",
    "web",
    "workers",
];

/// Files that must exist.
const NEEDED: [&str; 10] = [
    ".ci/run",
    ".github/CONTRIBUTING.md",
    ".github/SECURITY.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "Makefile",
    "README.md",
    "semblante.toml.example",
];

#[test]
fn the_top_level_holds_what_it_may() {
    let top: BTreeSet<String> =
        repository::files().iter().filter_map(|path| path.split('/').next().map(str::to_owned)).collect();
    for name in top {
        assert!(TOP_LEVEL.contains(&name.as_str()), "{name} does not belong at the top level");
    }
}

#[test]
fn files_that_every_project_has_are_there() {
    for path in NEEDED {
        assert!(repository::exists(path), "{path} is missing");
    }
}

#[test]
fn the_workflow_tests_what_ci_tests_with_the_oldest_rust() {
    let workflow = repository::read(".github/workflows/ci.yml");
    assert!(workflow.contains("- run: .ci/run\n"));
    assert!(repository::read(".ci/run").contains("\nexec make test\n"));
    let manifest: toml::Table = repository::read("Cargo.toml").parse().expect("Cargo.toml is TOML");
    let release = manifest["workspace"]["package"]["rust-version"].as_str().expect("a release of Rust");
    assert!(
        workflow.contains(&format!("rustup toolchain install {release} ")),
        "the workflow installs {release}"
    );
}
