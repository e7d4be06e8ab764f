//! Words: which may not stand in any text, and comments that say nothing.

use crate::repository;

/// Each in two parts, so that not even this file has one. A user, a worker, a machine is "they" or "it"; an actor has a name.
const BANNED: [(&str, &str); 7] =
    [("h", "e"), ("h", "is"), ("h", "im"), ("no", "body"), ("some", "body"), ("who", "ever"), ("when", "ce")];

/// A limit begins with `MAX_` or `MIN_`.
const BANNED_PREFIXES: [(&str, &str); 2] = [("MO", "ST_"), ("LEA", "ST_")];

/// Texts that we did not write.
const NOT_OURS: [&str; 4] = ["LICENSE-APACHE", "LICENSE-MIT", "Cargo.lock", "package-lock.json"];

/// A shorter comment says no more than the name below it.
const MIN_WORDS: usize = 4;

#[test]
fn texts_name_the_actor() {
    let banned = BANNED.map(|(one, other)| format!("{one}{other}"));
    let found = find(|word| banned.iter().any(|banned| word.eq_ignore_ascii_case(banned)));
    assert!(found.is_empty(), "name the actor, or write \"they\" or \"it\":\n{}", found.join("\n"));
}

#[test]
fn limits_are_named_in_one_way() {
    let banned = BANNED_PREFIXES.map(|(one, other)| format!("{one}{other}"));
    let found = find(|word| banned.iter().any(|banned| word.starts_with(banned)));
    assert!(found.is_empty(), "write MAX_ or MIN_:\n{}", found.join("\n"));
}

#[test]
fn comments_say_more_than_a_name() {
    let sources = repository::rust_files();
    let found = sources.iter().filter(|path| path.contains("src/")).flat_map(|path| {
        let text = repository::read(path);
        let empty = empty_comments(repository::before_tests(&text));
        empty.into_iter().map(|comment| format!("{path}: {comment}")).collect::<Vec<_>>()
    });
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "delete these comments, or say more than the name:\n{}", found.join("\n"));
}

/// The places in all texts of ours at which there is such a word.
fn find(is_banned: impl Fn(&str) -> bool) -> Vec<String> {
    let ours = |path: &str| !NOT_OURS.iter().any(|name| path.ends_with(name));
    let mut found = Vec::new();
    for (path, text) in repository::texts().into_iter().filter(|(path, _)| ours(path)) {
        for (number, line) in text.lines().enumerate() {
            found.extend(
                words(line)
                    .filter(|word| is_banned(word))
                    .map(|word| format!("{path}:{}: {word}", number + 1)),
            );
        }
    }
    found
}

/// A name in code is one word.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Doc comments of items that are shorter than a sentence.
fn empty_comments(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut comment = String::new();
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("///") {
            Some(more) => comment += more,
            None => {
                let comment = std::mem::take(&mut comment);
                if (1..MIN_WORDS).contains(&comment.split_whitespace().count()) {
                    found.push(comment.trim().to_owned());
                }
            }
        }
    }
    found
}

#[test]
fn words_and_comments_are_told_apart() {
    assert_eq!(Vec::from_iter(words("the `he_said`, theirs: x-y")), ["the", "he_said", "theirs", "x", "y"]);
    for (text, expected) in [
        ("/// The queue.\nstruct Queue;", &["The queue."][..]),
        ("/// Seconds between two looks.\nconst PAUSE: u8 = 1;", &[]),
        ("/// The\n/// queue that is asked.\nstruct Queue;", &[]),
        ("enum E {\n    /// Which.\n    A,\n}", &["Which."]),
        ("// No doc\nstruct E;", &[]),
    ] {
        assert_eq!(empty_comments(text), expected, "{text}");
    }
}
