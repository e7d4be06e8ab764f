//! `models.sh`: a reader finds directories that are whole or absent, also while two runs install.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A slow `npm ci`: each file is written in two halves.
const NPM: &str = r#"#!/bin/sh
set -eu
echo run >>"$NPM_RUNS"
package=node_modules/@vladmandic/face-api
mkdir -p $package/model $package/demo
for file in model/a.bin model/b.bin demo/sample1.jpg; do
    printf first >$package/$file
    sleep 0.1
    printf second >>$package/$file
done
"#;
const FILES: [&str; 3] = ["a.bin", "b.bin", "sample1.jpg"];

/// A directory like the repository's with the script in it.
struct Checkout {
    root: tempfile::TempDir,
}

impl Checkout {
    fn new() -> Self {
        let checkout = Checkout { root: tempfile::tempdir().unwrap() };
        let vision = checkout.at("shared/vision");
        std::fs::create_dir_all(&vision).unwrap();
        for name in ["models.sh", "package.json", "package-lock.json", ".npmrc"] {
            std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(name), vision.join(name)).unwrap();
        }
        std::fs::create_dir(checkout.at("bin")).unwrap();
        std::fs::write(checkout.at("bin/npm"), NPM).unwrap();
        std::fs::set_permissions(checkout.at("bin/npm"), std::fs::Permissions::from_mode(0o755)).unwrap();
        checkout
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn start(&self) -> Child {
        let path = std::env::var("PATH").unwrap();
        Command::new(self.at("shared/vision/models.sh"))
            .env("PATH", format!("{}:{path}", self.at("bin").display()))
            .env("NPM_RUNS", self.at("runs"))
            .env_remove("SEMBLANTE_REFERENCE")
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn runs(&self) -> usize {
        std::fs::read_to_string(self.at("runs")).unwrap_or_default().lines().count()
    }

    /// Fails if a directory that readers use is there but not whole.
    fn check(&self) {
        if self.at("models").exists() {
            for file in FILES {
                assert_eq!(std::fs::read_to_string(self.at("models").join(file)).unwrap(), "firstsecond");
            }
        }
        if self.at("shared/vision/node_modules").exists() {
            let package = self.at("shared/vision/node_modules/@vladmandic/face-api");
            for file in ["model/a.bin", "model/b.bin", "demo/sample1.jpg"] {
                assert_eq!(std::fs::read_to_string(package.join(file)).unwrap(), "firstsecond", "{file}");
            }
        }
    }
}

fn names(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn two_runs_at_once_never_show_half_a_directory() {
    let checkout = Checkout::new();
    let mut children = [checkout.start(), checkout.start()];
    while children.iter_mut().any(|child| child.try_wait().unwrap().is_none()) {
        checkout.check();
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    checkout.check();
    assert_eq!(names(&checkout.at("models")), FILES);
    assert_eq!(names(checkout.root.path()), ["bin", "models", "runs", "shared"], "nothing unfinished stays");
    assert_eq!(names(&checkout.at("shared/vision/.packages")).len(), 1, "nothing unfinished stays");
}

#[test]
fn a_later_run_installs_nothing_and_repairs_the_models() {
    let checkout = Checkout::new();
    // An installation by hand, and models that were damaged.
    std::fs::create_dir_all(checkout.at("shared/vision/node_modules/@vladmandic")).unwrap();
    std::fs::create_dir(checkout.at("models")).unwrap();
    std::fs::write(checkout.at("models/a.bin"), "first").unwrap();
    std::fs::write(checkout.at("models/own.txt"), "of the user").unwrap();
    assert!(checkout.start().wait().unwrap().success());
    checkout.check();
    std::fs::write(checkout.at("models/b.bin"), "first").unwrap();
    let mut again = checkout.start();
    while again.try_wait().unwrap().is_none() {
        assert!(checkout.at("shared/vision/node_modules/@vladmandic/face-api").exists());
    }
    checkout.check();
    assert_eq!(checkout.runs(), 1, "npm ran once");
    assert_eq!(names(&checkout.at("models")), ["a.bin", "b.bin", "own.txt", "sample1.jpg"]);
}
