//! The repository as data: its files, without what `.gitignore` names.

use ignore::{DirEntry, WalkBuilder};
use std::fs;
use std::path::{Path, PathBuf};

/// Where the repository is.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("the crate `tests` is a folder of the repository").to_owned()
}

/// Whether a file or folder is there.
pub fn exists(path: &str) -> bool {
    root().join(path).exists()
}

/// A file's text.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The paths of all files, with `/`, sorted.
pub fn files() -> Vec<String> {
    let root = root();
    let mut walk = WalkBuilder::new(&root);
    // `.gitignore` alone says what is not part of the repository; no setting of a user's Git does.
    walk.hidden(false).parents(false).git_global(false).git_exclude(false).require_git(false);
    walk.filter_entry(|entry| entry.file_name() != ".git").sort_by_file_path(Path::cmp);
    let entries = walk.build().map(|entry| entry.expect("the repository is readable"));
    let files = entries.filter(|entry| !entry.file_type().is_some_and(|kind| kind.is_dir()));
    let path = |entry: DirEntry| {
        let inside = entry.path().strip_prefix(&root).expect("the walk begins at the root");
        inside.to_str().expect("names in the repository are UTF-8").to_owned()
    };
    let found: Vec<String> = files.map(path).collect();
    assert!(found.len() > 50, "the walk does not see the repository");
    found
}

/// The paths of all Rust files.
pub fn rust_files() -> Vec<String> {
    files().into_iter().filter(|path| path.ends_with(".rs")).collect()
}

/// The path and text of every file that is text.
pub fn texts() -> Vec<(String, String)> {
    let text = |path: String| {
        let bytes = fs::read(root().join(&path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        String::from_utf8(bytes).ok().map(|text| (path, text))
    };
    files().into_iter().filter_map(text).collect()
}

/// A Rust file's text before its tests, which are at its end.
pub fn before_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\n").next().unwrap_or(text)
}
