//! What no file may contain: paths of one machine, hosts of package registries.

use crate::repository;

/// This file, whose table of examples has such paths.
const THIS: &str = "tests/tests/tidy/text.rs";

/// First folders of a machine's paths; a path of the project's never begins with them.
const MACHINE_FOLDERS: [&str; 7] = ["tmp", "home", "root", "work", "Users", "mnt", "var/tmp"];

/// Hosts of registries, in two parts so that not even this file names one. The settings of
/// Cargo, npm and pip on each machine name the registry, the project does not.
const REGISTRIES: [(&str, &str); 7] = [
    ("npmjs", "org"),
    ("yarnpkg", "com"),
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("index.crates", "io"),
    ("static.crates", "io"),
    ("artifactory", ""),
];

#[test]
fn no_file_names_a_machine_or_a_registry() {
    let texts = repository::texts();
    let places = MACHINE_FOLDERS.map(|folder| format!("/{folder}/"));
    let hosts = REGISTRIES.map(|(name, domain)| format!("{name}.{domain}"));
    for (path, text) in texts.iter().filter(|(path, _)| path != THIS) {
        for (number, line) in text.lines().enumerate() {
            let at = format!("{path}:{}", number + 1);
            let place = places.iter().find(|place| begins_a_path(line, place));
            assert_eq!(place, None, "{at} names a folder of a machine");
            let host = hosts.iter().find(|host| line.contains(host.as_str()));
            assert_eq!(host, None, "{at} names a package registry");
        }
    }
}

#[test]
fn text_files_end_their_lines_well() {
    for (path, text) in repository::texts() {
        assert!(!text.contains('\r'), "{path} has carriage returns");
        assert!(text.is_empty() || text.ends_with('\n'), "{path} must end with a line end");
        let trailing = text.lines().position(|line| line.ends_with([' ', '\t']));
        let trailing = trailing.filter(|_| !path.starts_with("LICENSE"));
        assert_eq!(trailing.map(|line| line + 1), None, "{path} has blanks at the end of this line");
    }
}

/// Whether a path on the line begins with `place`: `DATA/tmp/` does not.
fn begins_a_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !"_-.}>)".contains(before))
    })
}

#[test]
fn paths_are_told_from_parts_of_paths() {
    for (line, expected) in [
        ("cd /tmp/x", true),
        ("\"/tmp/x\"", true),
        ("/tmp/x", true),
        ("DATA/tmp/x", false),
        ("{dir}/tmp/x", false),
        ("$(pwd)/tmp/x", false),
        ("../tmp/x", false),
    ] {
        assert_eq!(begins_a_path(line, "/tmp/"), expected, "{line}");
    }
}
