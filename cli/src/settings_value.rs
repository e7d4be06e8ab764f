//! How the text of a setting becomes a value. Each reader says what it expects; the table adds key, text and origin.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use tracing_subscriber::filter::Targets;

/// What a key must be, as the end of the sentence "`key` must be …".
pub type Expected = String;

/// A path; a relative one is taken from the working directory.
pub fn path(text: &str) -> Result<PathBuf, Expected> {
    match text.is_empty() || text.contains('\0') {
        true => Err("a path".to_owned()),
        false => Ok(PathBuf::from(text)),
    }
}

/// A whole number in a range.
pub fn whole<T>(range: RangeInclusive<T>) -> impl Fn(&str) -> Result<T, Expected>
where
    T: FromStr + PartialOrd + Display,
{
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| format!("a whole number from {} to {}", range.start(), range.end()))
    }
}

/// One of a few words.
pub fn choice<T: Copy>(choices: &[(&'static str, T)]) -> impl Fn(&str) -> Result<T, Expected> {
    move |text| {
        let found = choices.iter().find(|(word, _)| *word == text);
        let words = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        found.map(|(_, value)| *value).ok_or_else(|| format!("one of {}", words()))
    }
}

/// A log level, or levels by module: `info`, `warn,embedded=debug`.
pub fn log_level(text: &str) -> Result<Targets, Expected> {
    let expected =
        || "off, error, warn, info, debug or trace, also by module: warn,embedded=debug".to_owned();
    let levels_only = |part: &str| {
        let level = part.rsplit('=').next().unwrap_or(part);
        ["off", "error", "warn", "info", "debug", "trace"].contains(&level)
    };
    // Targets takes a lone unknown word for a module at every level, so a mistyped level would log everything.
    match text.split(',').all(levels_only) {
        true => text.parse().map_err(|_| expected()),
        false => Err(expected()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reader_takes_what_it_says_and_refuses_the_rest() {
        let word = choice(&[("full", 1), ("normal", 2)]);
        let number = whole(1..=100u32);
        let cases: [(&str, bool, bool, bool, bool); 9] = [
            // text, path, whole, choice, log level
            ("", false, false, false, false),
            ("full", true, false, true, false),
            ("FULL", true, false, false, false),
            ("1", true, true, false, false),
            ("100", true, true, false, false),
            ("101", true, false, false, false),
            ("-1", true, false, false, false),
            ("info", true, false, false, true),
            ("warn,embedded=debug", true, false, false, true),
        ];
        for (text, is_path, is_whole, is_choice, is_level) in cases {
            assert_eq!(path(text).is_ok(), is_path, "path {text:?}");
            assert_eq!(number(text).is_ok(), is_whole, "whole {text:?}");
            assert_eq!(word(text).is_ok(), is_choice, "choice {text:?}");
            assert_eq!(log_level(text).is_ok(), is_level, "log level {text:?}");
        }
        assert_eq!(number("0").unwrap_err(), "a whole number from 1 to 100");
        assert_eq!(word("half").unwrap_err(), "one of full, normal");
        assert!(path("a\0b").is_err());
    }
}
