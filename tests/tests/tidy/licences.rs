//! The licences of all dependencies are allowed by `deny.toml`, which `make audit` uses too.

use crate::packages::Metadata;
use crate::repository;
use spdx::{Expression, ParseMode};
use std::collections::BTreeSet;

/// `deny.toml` must allow these and no more.
const ALLOWED: [&str; 9] = [
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CDLA-Permissive-2.0",
    "IJG",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Zlib",
];

/// These stand apart only because they are dedications to the public domain.
const DEDICATED: [&str; 2] = ["CC0-1.0", "Unlicense"];

#[test]
fn dependencies_are_under_allowed_licences() {
    let allowed = allowed();
    let metadata = Metadata::read();
    for package in &metadata.packages {
        let name = format!("{} {}", package.name, package.version);
        let licence = package.license.as_deref().unwrap_or_else(|| panic!("{name} names no licence"));
        assert!(satisfied(licence, &allowed), "{name} is under {licence:?}");
    }
}

#[test]
fn deny_toml_allows_the_same_list() {
    let deny: toml::Table = repository::read("deny.toml").parse().expect("deny.toml is TOML");
    let list = deny["licenses"]["allow"].as_array().expect("licenses.allow is a list");
    let listed: BTreeSet<String> = list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
    assert_eq!(listed, allowed());
}

fn allowed() -> BTreeSet<String> {
    ALLOWED.into_iter().chain(DEDICATED).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be satisfied. Cargo also accepts `MIT/Apache-2.0`, the old way to write OR.
fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let parsed = Expression::parse_mode(expression, ParseMode::LAX);
    let parsed = parsed.unwrap_or_else(|error| panic!("cannot read the licence {expression:?}: {error}"));
    // An exception only ever adds permissions.
    parsed.evaluate(|one| one.license.id().is_some_and(|id| allowed.contains(id.name)))
}

#[test]
fn expressions_are_read_as_spdx_says() {
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("MIT OR GPL-3.0-only", true),
        ("MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0-only", false),
        ("GPL-3.0-only AND MIT OR ISC", true),
        ("GPL-3.0-only AND (MIT OR ISC)", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("MPL-2.0", false),
    ] {
        assert_eq!(satisfied(expression, &allowed()), expected, "{expression}");
    }
}
