//! Every dependency's licence is one of those that `deny.toml` allows, which `make audit` goes by too.

use crate::packages::Metadata;
use crate::repository;
use std::collections::BTreeSet;

/// The house's list. `deny.toml` must allow these and no more.
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

/// "Unlicense" stands apart only because it is a dedication to the public domain.
const DEDICATED: &str = "Unlicense";

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
    ALLOWED.into_iter().chain([DEDICATED]).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be satisfied; `MIT/Apache-2.0` is the old way to write OR.
fn satisfied(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (value, rest) = any_of(&words, allowed);
    assert!(rest.is_empty(), "cannot read the licence {expression:?}");
    value
}

fn any_of<'a, 'w>(words: &'a [&'w str], allowed: &BTreeSet<String>) -> (bool, &'a [&'w str]) {
    let (mut value, mut rest) = all_of(words, allowed);
    while let ["OR", more @ ..] = rest {
        let (next, after) = all_of(more, allowed);
        (value, rest) = (value || next, after);
    }
    (value, rest)
}

fn all_of<'a, 'w>(words: &'a [&'w str], allowed: &BTreeSet<String>) -> (bool, &'a [&'w str]) {
    let (mut value, mut rest) = one(words, allowed);
    while let ["AND", more @ ..] = rest {
        let (next, after) = one(more, allowed);
        (value, rest) = (value && next, after);
    }
    (value, rest)
}

fn one<'a, 'w>(words: &'a [&'w str], allowed: &BTreeSet<String>) -> (bool, &'a [&'w str]) {
    match words {
        ["(", inner @ ..] => match any_of(inner, allowed) {
            (value, [")", rest @ ..]) => (value, rest),
            (_, rest) => (false, rest),
        },
        // An exception only ever adds permissions.
        [licence, "WITH", _, rest @ ..] | [licence, rest @ ..] => (allowed.contains(*licence), rest),
        [] => (false, words),
    }
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
