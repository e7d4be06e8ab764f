//! The packages of the workspace, as Cargo sees them.

use crate::repository;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::process::Command;

/// The output of `cargo metadata`.
#[derive(Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
    workspace_members: Vec<String>,
}

/// A package, ours or not.
#[derive(Deserialize)]
pub struct Package {
    pub id: String,
    pub name: String,
    pub version: String,
    pub license: Option<String>,
    pub manifest_path: String,
    pub dependencies: Vec<Dependency>,
}

/// A dependency in a package's manifest.
#[derive(Deserialize)]
pub struct Dependency {
    pub name: String,
    /// None for a normal dependency; else `dev` or `build`.
    pub kind: Option<String>,
    /// The folder of a package that lies beside this one.
    pub path: Option<String>,
}

impl Metadata {
    /// Runs `cargo metadata`.
    pub fn read() -> Self {
        let text = cargo(&["metadata", "--locked", "--format-version", "1"]);
        serde_json::from_str(&text).expect("cargo metadata prints JSON of this shape")
    }

    /// The packages of the workspace.
    pub fn members(&self) -> Vec<&Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id)).collect()
    }
}

impl Package {
    /// Its folder in the repository.
    pub fn folder(&self) -> String {
        let root = repository::root().display().to_string();
        let folder = self.manifest_path.trim_end_matches("/Cargo.toml").strip_prefix(&root);
        folder.expect("a package of ours lies in the repository").trim_start_matches('/').to_owned()
    }

    /// The packages of the workspace that it uses: outside its tests, or also in them.
    pub fn ours(&self, in_tests_too: bool) -> BTreeSet<&str> {
        let counts = |dependency: &&Dependency| in_tests_too || dependency.kind.as_deref() != Some("dev");
        let ours = self.dependencies.iter().filter(|dependency| dependency.path.is_some());
        ours.filter(counts).map(|dependency| dependency.name.as_str()).collect()
    }
}

/// The names of all packages that a package of ours is built from, tests aside, with its default features.
pub fn built_from(package: &str) -> BTreeSet<String> {
    let text = cargo(&["tree", "--locked", "-p", package, "-e", "normal", "--prefix", "none"]);
    let names = text.lines().filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(repository::root()).output();
    let output = output.expect("cargo runs: it runs this test");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {}: {error}", arguments.join(" "));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}
