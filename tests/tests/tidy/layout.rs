//! The top level: what a newcomer sees first.

use crate::repository;
use std::collections::BTreeSet;

/// All that may be there. Most folders come with the part that they hold.
const TOP_LEVEL: [&str; 25] = [
    ".ci",
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

/// What must be there.
const NEEDED: [&str; 8] = [
    ".ci/run",
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
fn what_everybody_looks_for_is_there() {
    for path in NEEDED {
        assert!(repository::exists(path), "{path} is missing");
    }
}
