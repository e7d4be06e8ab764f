//! Settings of a function as it takes them out of its environment: each key once, and everything that is missing, wrong
//! or unknown told at once.

use std::collections::{BTreeMap, BTreeSet};

/// What stands before every key in the environment.
const PREFIX: &str = "SEMBLANTE_";

/// The settings that were given, while they are read.
pub struct Keys {
    given: BTreeMap<String, String>,
    taken: BTreeSet<&'static str>,
    problems: Vec<String>,
}

/// Everything that is wrong with the settings, a line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct SettingsError(Vec<String>);

impl Keys {
    /// Those of the environment's variables that are ours.
    pub fn new(environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let ours = |(name, value): (String, String)| Some((name.strip_prefix(PREFIX)?.to_owned(), value));
        let given = environment.into_iter().filter_map(ours).collect();
        Keys { given, taken: BTreeSet::new(), problems: Vec::new() }
    }

    /// A key that must be there. What is wrong is remembered, and the type's default stands in until [`Keys::finish`].
    pub fn take<T: Default>(&mut self, key: &'static str, read: impl Fn(&str) -> Result<T, String>) -> T {
        self.taken.insert(key);
        let read = match self.given.get(key) {
            None => Err(format!("setting {PREFIX}{key} is missing")),
            Some(text) => {
                read(text).map_err(|must| format!("setting {PREFIX}{key} must be {must}, not {text:?}"))
            }
        };
        read.unwrap_or_else(|problem| {
            self.problems.push(problem);
            T::default()
        })
    }

    /// All is well; or everything that was wrong, unknown keys too.
    pub fn finish(mut self) -> Result<(), SettingsError> {
        let unknown = self.given.keys().filter(|key| !self.taken.contains(key.as_str()));
        self.problems.extend(unknown.map(|key| format!("setting {PREFIX}{key} is unknown here")));
        if self.problems.is_empty() { Ok(()) } else { Err(SettingsError(self.problems)) }
    }
}

/// A text that is not empty.
pub fn text(raw: &str) -> Result<String, String> {
    if raw.is_empty() { Err("a name".to_owned()) } else { Ok(raw.to_owned()) }
}

/// A whole number from `least` on.
pub fn whole(least: u32) -> impl Fn(&str) -> Result<u32, String> {
    move |raw| {
        let number = raw.parse().ok().filter(|number| *number >= least);
        number.ok_or_else(|| format!("a whole number from {least} on"))
    }
}

/// One of a few words.
pub fn choice<T: Copy>(choices: &[(&'static str, T)]) -> impl Fn(&str) -> Result<T, String> {
    move |raw| {
        let found = choices.iter().find(|(word, _)| *word == raw);
        let words = || choices.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or ");
        found.map(|(_, value)| *value).ok_or_else(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(given: &[(&str, &str)]) -> Keys {
        Keys::new(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn what_is_well_is_taken() {
        let mut keys = keys(&[
            ("SEMBLANTE_TABLE", "t-"),
            ("SEMBLANTE_MOST", "5"),
            ("SEMBLANTE_ON", "yes"),
            ("PATH", ""),
        ]);
        assert_eq!(keys.take("TABLE", text), "t-");
        assert_eq!(keys.take("MOST", whole(1)), 5);
        assert!(keys.take("ON", choice(&[("yes", true), ("no", false)])));
        assert!(keys.finish().is_ok());
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let mut keys = keys(&[("SEMBLANTE_MOST", "0"), ("SEMBLANTE_ON", "ja"), ("SEMBLANTE_TABEL", "t-")]);
        keys.take("TABLE", text);
        keys.take("MOST", whole(1));
        keys.take("ON", choice(&[("yes", true), ("no", false)]));
        let told = keys.finish().expect_err("four things are wrong").to_string();
        let expected = [
            "setting SEMBLANTE_TABLE is missing",
            "setting SEMBLANTE_MOST must be a whole number from 1 on, not \"0\"",
            "setting SEMBLANTE_ON must be yes or no, not \"ja\"",
            "setting SEMBLANTE_TABEL is unknown here",
        ];
        assert_eq!(told, expected.join("; "));
    }
}
