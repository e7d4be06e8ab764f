//! Documents are true: their commands run, their paths exist, their tables are those of the scripts.

use crate::packages::Metadata;
use crate::repository;
use std::path::Path;

/// A longer overview is not read.
const MAX_ARCHITECTURE_LINES: usize = 200;

#[test]
fn the_make_targets_that_documents_name_exist() {
    let makefile = repository::read("Makefile");
    let is_target = |name: &str| makefile.lines().any(|line| line.starts_with(&format!("{name}:")));
    for (document, code) in code_pieces() {
        let Some(arguments) = code.strip_prefix("make ") else { continue };
        let name = arguments.split_whitespace().next().unwrap_or_default();
        assert!(is_target(name), "{document} names `make {name}`, which the Makefile does not have");
    }
    assert!(code_pieces().iter().any(|(document, code)| document == "README.md" && code == "make test"));
}

#[test]
fn the_programs_that_documents_run_exist() {
    let metadata = Metadata::read();
    let members = metadata.members();
    let programs: Vec<_> =
        code_pieces().into_iter().filter(|(_, code)| code.starts_with("cargo run ")).collect();
    assert!(!programs.is_empty());
    for (document, code) in programs {
        let words: Vec<&str> = code.split_whitespace().collect();
        let after = |flag| words.iter().skip_while(|word| **word != flag).nth(1).copied();
        let package = members.iter().find(|package| Some(package.name.as_str()) == after("-p"));
        let package = package.unwrap_or_else(|| panic!("{document}: `{code}` names no package of ours"));
        if let Some(example) = after("--example") {
            let folder = package.manifest_path.replace("Cargo.toml", "examples");
            let there = [format!("{folder}/{example}.rs"), format!("{folder}/{example}/main.rs")];
            assert!(there.iter().any(|file| Path::new(file).exists()), "{document}: no example {example}");
        }
    }
}

#[test]
fn the_paths_that_documents_name_exist() {
    let looks_like_a_path = |code: &str| {
        let path =
            code.contains('/') || [".md", ".toml", ".rs", ".json"].iter().any(|end| code.ends_with(end));
        path && code.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
            && !code.starts_with('/')
    };
    for (document, code) in code_pieces() {
        if !looks_like_a_path(&code) || code == "semblante.toml" {
            continue;
        }
        let folder = document.rsplit_once('/').map_or("", |(folder, _)| folder);
        let there = repository::exists(&code) || repository::exists(&format!("{folder}/{code}"));
        assert!(there, "{document} names {code}, which does not exist");
    }
}

#[test]
fn the_links_between_documents_lead_somewhere() {
    for document in documents() {
        let folder = document.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        for link in repository::read(&document).split("](").skip(1) {
            let target = link.split(')').next().unwrap_or_default().split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(repository::exists(&format!("{folder}{target}")), "{document} links to {target}");
        }
    }
}

#[test]
fn the_architecture_is_told_briefly() {
    let lines = repository::read("ARCHITECTURE.md").lines().count();
    assert!(lines <= MAX_ARCHITECTURE_LINES, "ARCHITECTURE.md has {lines} lines");
}

#[test]
fn the_changelog_has_a_place_for_what_is_not_released() {
    assert!(repository::read("CHANGELOG.md").contains("\n## Unreleased\n"));
}

/// `tests/README.md` shows the stages that the runner runs.
#[test]
fn the_table_of_stages_is_the_runners() {
    let mut shown: Vec<String> = Vec::new();
    for line in repository::read("tests/README.md").lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", name, budget, when, _what, ""] = cells[..]
            && budget.parse::<u32>().is_ok()
        {
            shown.push(format!("{name} {budget} {when}"));
        }
    }
    let listed: Vec<String> = repository::read("tests/stages.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_whitespace().take(3).collect::<Vec<_>>().join(" "))
        .collect();
    assert!(listed.len() > 3);
    assert_eq!(shown, listed);
}

fn documents() -> Vec<String> {
    repository::files().into_iter().filter(|path| path.ends_with(".md")).collect()
}

/// Code in documents: what stands between backticks, and the lines of fenced blocks.
fn code_pieces() -> Vec<(String, String)> {
    let mut pieces = Vec::new();
    for document in documents() {
        let mut fenced = false;
        for line in repository::read(&document).lines() {
            if line.trim_start().starts_with("```") {
                fenced = !fenced;
            } else if fenced {
                let command = line.split('#').next().unwrap_or_default().trim();
                pieces.push((document.clone(), command.to_owned()));
            } else {
                let inline = line.split('`').skip(1).step_by(2);
                pieces.extend(inline.map(|code| (document.clone(), code.to_owned())));
            }
        }
    }
    pieces
}

/// Each crash point of `tests/README.md` has its test.
#[test]
fn the_tests_that_the_table_of_crash_points_names_exist() {
    let readme = repository::read("tests/README.md");
    let (_, table) = readme.split_once("## Crash points").expect("the table of crash points");
    let table = table.split("\n## ").next().unwrap_or_default();
    let faults: String = repository::files()
        .iter()
        .filter(|path| ["tests/tests/faults/", "cli/tests/endurance/"].iter().any(|of| path.starts_with(of)))
        .map(|path| repository::read(path))
        .collect();
    let rows: Vec<&str> =
        table.lines().filter_map(|line| line.strip_suffix("` |")?.rsplit('`').next()).collect();
    assert!(rows.len() > 20, "the table names its tests");
    for test in rows {
        assert!(faults.contains(&format!("async fn {test}()")), "tests/README.md names {test}");
    }
}
