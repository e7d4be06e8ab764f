//! The repository as data: its files, without what `.gitignore` names.

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
    let ignored = Ignored::read();
    let mut found = Vec::new();
    walk(&root(), "", &ignored, &mut found);
    found.sort();
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

fn walk(folder: &Path, prefix: &str, ignored: &Ignored, found: &mut Vec<String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries.map(|entry| entry.expect("a folder of the repository is readable")) {
        let name = entry.file_name().into_string().expect("names in the repository are UTF-8");
        let path = format!("{prefix}{name}");
        if ignored.matches(&path, &name) {
            continue;
        }
        match entry.path().is_dir() {
            true => walk(&entry.path(), &format!("{path}/"), ignored, found),
            false => found.push(path),
        }
    }
}

/// `.gitignore`, of which only `/path`, `/path/` and `name/` are understood.
struct Ignored {
    paths: Vec<String>,
    names: Vec<String>,
}

impl Ignored {
    fn read() -> Self {
        let mut ignored = Ignored { paths: Vec::new(), names: vec![".git".to_owned()] };
        for line in read(".gitignore").lines() {
            assert!(!line.contains(['*', '!', '?', '[']), ".gitignore: only /path, /path/ and name/: {line}");
            match (line.strip_prefix('/'), line.strip_suffix('/')) {
                (Some(path), _) => ignored.paths.push(path.trim_end_matches('/').to_owned()),
                (None, Some(name)) => ignored.names.push(name.to_owned()),
                (None, None) => panic!(".gitignore: only /path, /path/ and name/: {line}"),
            }
        }
        ignored
    }

    fn matches(&self, path: &str, name: &str) -> bool {
        self.paths.iter().any(|ignored| ignored == path) || self.names.iter().any(|ignored| ignored == name)
    }
}
