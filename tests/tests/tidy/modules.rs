//! The modules of a crate: no circles of imports, no two files of one name.

use crate::imports::{ROOTS, Tree, module_of};
use crate::packages::Metadata;
use crate::repository;
use std::collections::BTreeMap;

/// A port and its contract suite have the same name: the twin rule.
const TWINS: [&str; 2] = ["shared/domain/src/ports/", "shared/domain/src/contract/"];

#[test]
fn imports_do_not_go_in_circles() {
    let mut found = Vec::new();
    for (_, files) in sources() {
        found.extend(by_root(&files).iter().flat_map(|files| Tree::of(files).circles()));
    }
    assert!(found.is_empty(), "circles of imports:\n{}", found.join("\n"));
}

#[test]
fn files_of_a_crate_have_names_of_their_own() {
    let found = sources().into_iter().flat_map(|(_, files)| {
        let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        namesakes(&paths)
    });
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "two files with one name:\n{}", found.join("\n"));
}

/// The name of each package, and its source files.
fn sources() -> Vec<(String, Vec<(String, String)>)> {
    let all = repository::rust_files();
    let metadata = Metadata::read();
    let sources = metadata.members().into_iter().map(|package| {
        let folder = format!("{}/src/", package.folder());
        let own = all.iter().filter(|path| path.starts_with(&folder));
        (package.name.clone(), own.map(|path| (path.clone(), repository::read(path))).collect())
    });
    sources.collect()
}

fn namesakes(paths: &[&str]) -> Vec<String> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for path in paths.iter().filter(|path| !path.starts_with(TWINS[1])) {
        let name = path.rsplit('/').next().unwrap_or(path);
        if let Some(other) = seen.insert(name, path).filter(|_| !ROOTS.contains(&name)) {
            found.push(format!("{other}, {path}"));
        }
    }
    found
}

type Files<'a> = Vec<(&'a str, &'a str)>;

/// The files of a package's `src`, by the crate that they are part of: the library or command, and each of `src/bin`.
fn by_root(files: &[(String, String)]) -> Vec<Files<'_>> {
    let mut crates: BTreeMap<&str, Files<'_>> = BTreeMap::new();
    for (path, text) in files {
        let inside = path.rsplit_once("src/bin/").map_or("", |(_, inside)| inside);
        let root = inside.split(['/', '.']).next().unwrap_or_default();
        crates.entry(root).or_default().push((path, text));
    }
    crates.into_values().collect()
}

#[test]
fn programs_are_crates_of_their_own() {
    let files = ["src/lib.rs", "src/a.rs", "src/bin/p.rs", "src/bin/q/main.rs", "src/bin/q/a.rs"];
    let files = files.map(|path| (path.to_owned(), String::new()));
    let sizes: Vec<usize> = by_root(&files).iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 1, 2]);
    assert_eq!(module_of("c/src/bin/q/a.rs"), ["a"]);
    assert!(module_of("c/src/bin/p.rs").is_empty());
}

#[test]
fn namesakes_are_found() {
    for (paths, count) in [
        (vec!["c/src/a.rs", "c/src/b/a.rs"], 1),
        (vec!["c/src/a/mod.rs", "c/src/b/mod.rs", "c/src/main.rs", "c/src/bin/p/main.rs"], 0),
        (vec!["shared/domain/src/ports/queue.rs", "shared/domain/src/contract/queue.rs"], 0),
    ] {
        assert_eq!(namesakes(&paths).len(), count, "{paths:?}");
    }
}
