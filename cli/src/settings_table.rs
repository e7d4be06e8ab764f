//! The table of keys while it is read: each key is taken once with its default, its help and how to read it.

use crate::settings_source::{Given, Layer, Origin, SourceError, Sources};
use crate::settings_value::Expected;
use std::fmt;

/// A key whose name ends like this holds a secret: it is never shown.
const SECRET_ENDINGS: [&str; 4] = ["_key", "_password", "_secret", "_token"];

/// What stands in a secret's place.
const MASK: &str = "(secret)";

/// Names further apart than this are not suggested for each other.
const NEAREST_ENOUGH: f64 = 0.75;

/// One key with its value, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The key.
    pub key: &'static str,
    /// Its value as text; masked where it is a secret.
    pub value: String,
    /// Where the value came from.
    pub origin: Origin,
    /// What it is for.
    pub help: &'static str,
}

/// Something that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No such key.
    Unknown {
        /// What was given.
        key: String,
        /// By whom.
        origin: Origin,
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
    },
    /// The key does not take this value.
    Wrong {
        /// The key.
        key: &'static str,
        /// What was given; masked where it is a secret.
        value: String,
        /// By whom.
        origin: Origin,
        /// What it must be.
        expected: Expected,
    },
    /// The key is empty, and must not be.
    Missing {
        /// The key.
        key: &'static str,
        /// What needs it.
        needed_by: &'static str,
    },
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A source cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Everything that is wrong with what the sources say.
    #[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
    Problems(Vec<Problem>),
}

/// Reads keys out of the sources and remembers what it saw.
pub struct Table {
    layers: [Layer; 3],
    rows: Vec<Row>,
    problems: Vec<Problem>,
}

impl Table {
    /// A table over these sources.
    pub fn new(sources: &Sources) -> Result<Self, SettingsError> {
        Ok(Table { layers: sources.layers()?, rows: Vec::new(), problems: Vec::new() })
    }

    /// The value of a key: of the strongest source that has one, else the default. A wrong value is remembered, and
    /// the default stands in for it until [`Table::finish`].
    pub fn take<T>(
        &mut self,
        key: &'static str,
        default: &'static str,
        help: &'static str,
        read: impl Fn(&str) -> Result<T, Expected>,
    ) -> T {
        let given = self.layers.iter().find_map(|layer| layer.get(key)).cloned();
        let Given { text, origin } =
            given.unwrap_or_else(|| Given { text: default.to_owned(), origin: Origin::Default });
        let result = read(&text);
        let value = masked(key, text);
        self.rows.push(Row { key, value: value.clone(), origin: origin.clone(), help });
        result.unwrap_or_else(|expected| {
            self.problems.push(Problem::Wrong { key, value, origin, expected });
            read(default).expect("every default is read in a test")
        })
    }

    /// Keys that must not be empty, and what needs them.
    pub fn require(&mut self, keys: &[&'static str], needed_by: &'static str) {
        let empty = self.rows.iter().filter(|row| keys.contains(&row.key) && row.value.is_empty());
        self.problems.extend(empty.map(|row| Problem::Missing { key: row.key, needed_by }));
    }

    /// The rows in the order in which they were taken; an error with everything that was wrong, unknown keys too.
    pub fn finish(mut self) -> Result<Vec<Row>, SettingsError> {
        let known: Vec<&'static str> = self.rows.iter().map(|row| row.key).collect();
        for (key, given) in self.layers.iter().flatten().filter(|(key, _)| !known.contains(&key.as_str())) {
            let nearest = nearest(key, &known);
            self.problems.push(Problem::Unknown { key: key.clone(), origin: given.origin.clone(), nearest });
        }
        match self.problems.is_empty() {
            true => Ok(self.rows),
            false => Err(SettingsError::Problems(self.problems)),
        }
    }
}

fn masked(key: &str, text: String) -> String {
    let secret = SECRET_ENDINGS.iter().any(|ending| key.ends_with(ending));
    if secret && !text.is_empty() { MASK.to_owned() } else { text }
}

fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let key = key.to_lowercase();
    let scored = known.iter().map(|name| (strsim::jaro_winkler(&key, name), *name));
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(score, _)| *score >= NEAREST_ENOUGH).map(|(_, name)| name)
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Unknown { key, origin, nearest } => {
                write!(f, "{origin}: unknown setting {key:?}")?;
                nearest.map_or(Ok(()), |nearest| write!(f, "; did you mean {nearest:?}?"))
            }
            Problem::Wrong { key, value, origin, expected } => {
                write!(f, "{origin}: setting {key} must be {expected}, not {value:?}")
            }
            Problem::Missing { key, needed_by } => {
                write!(f, "setting {key} is missing: {needed_by} needs it")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings_value::{path, whole};

    fn flags(flags: &[(&str, &str)]) -> Table {
        let flag = |(key, value): &(&str, &str)| ("--set".to_owned(), (*key).to_owned(), (*value).to_owned());
        Table::new(&Sources { flags: flags.iter().map(flag).collect(), ..Sources::default() }).unwrap()
    }

    #[test]
    fn the_last_flag_of_a_key_counts() {
        let mut table = flags(&[("port", "1"), ("port", "2")]);
        assert_eq!(table.take("port", "0", "", whole(0..=9u8)), 2);
        assert_eq!(table.finish().unwrap()[0].value, "2");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let mut table = flags(&[("port", "many"), ("prot", "1"), ("banana", "2")]);
        assert_eq!(table.take("port", "7", "", whole(0..=9u8)), 7);
        let error = table.finish().unwrap_err().to_string();
        let expected = [
            "--set: setting port must be a whole number from 0 to 9, not \"many\"",
            "--set: unknown setting \"banana\"",
            "--set: unknown setting \"prot\"; did you mean \"port\"?",
        ];
        assert_eq!(error, expected.join("\n"));
    }

    #[test]
    fn a_secret_is_never_shown() {
        for key in ["image_api_key", "admin_password", "signing_secret", "provider_token"] {
            let mut table = flags(&[(key, "hunter2")]);
            assert_eq!(table.take(key, "", "", |text| Ok(text.to_owned())), "hunter2");
            assert_eq!(table.finish().unwrap()[0].value, MASK);

            let mut table = flags(&[(key, "hunter2")]);
            table.take(key, "0", "", whole(0..=9u8));
            let error = table.finish().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");

            let mut table = flags(&[]);
            table.take(key, "", "", |text| Ok(text.to_owned()));
            assert_eq!(table.finish().unwrap()[0].value, "", "{key}: that none is set is no secret");
        }
        let mut table = flags(&[("keys_dir", "k")]);
        table.take("keys_dir", "", "", path);
        assert_eq!(table.finish().unwrap()[0].value, "k");
    }
}
