//! Reads keys out of layers, and remembers each value with its origin and everything that is wrong.

use crate::keys::Key;
use crate::layer::{Given, Layer, Origin, PREFIX};
use crate::values::Expected;
use std::fmt;

/// A key whose name ends like this holds a secret: its value is never shown.
const SECRET_ENDINGS: [&str; 4] = ["_key", "_password", "_secret", "_token"];
const MASK: &str = "(secret)";
/// Names less similar than this are not suggested for each other.
const MIN_SIMILARITY: f64 = 0.75;

/// One key with its value, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: &'static str,
    /// Masked where it is a secret.
    pub value: String,
    pub origin: Origin,
    pub help: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    Unknown {
        key: String,
        origin: Origin,
        nearest: Option<&'static str>,
    },
    /// The key does not take this value, which is masked where it is a secret.
    Wrong {
        key: &'static str,
        value: String,
        origin: Origin,
        expected: Expected,
    },
    /// The key has no value, or an empty one, and must have one.
    Missing {
        key: &'static str,
        needed_by: Option<&'static str>,
    },
}

/// Everything that is wrong with the settings. It is displayed, and printed for debugging, as a sentence a line.
#[derive(thiserror::Error)]
#[error("{}", .0.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Problems(Vec<Problem>);

/// Takes keys out of layers.
pub struct Reader {
    /// The strongest layer first.
    layers: Vec<Layer>,
    has_defaults: bool,
    taken: Vec<&'static str>,
    rows: Vec<Row>,
    problems: Vec<Problem>,
}

impl Reader {
    /// A reader of these layers, the strongest first; keys that no layer has get their defaults.
    pub fn new(layers: impl IntoIterator<Item = Layer>) -> Self {
        let layers = layers.into_iter().collect();
        Reader { layers, has_defaults: true, taken: Vec::new(), rows: Vec::new(), problems: Vec::new() }
    }

    /// A reader of one layer that must have every key that is taken.
    pub fn without_defaults(layer: Layer) -> Self {
        Reader { has_defaults: false, ..Reader::new([layer]) }
    }

    /// The value of a key. What is wrong is remembered, and the type's default stands in until [`Reader::finish`].
    pub fn take<T: Default>(&mut self, key: &Key<T>) -> T {
        self.taken.push(key.name);
        let given = self.layers.iter().find_map(|layer| layer.get(key.name)).cloned();
        let default = key.default.filter(|_| self.has_defaults);
        let default = default.map(|text| Given { text: text.to_owned(), origin: Origin::Default });
        let Some(Given { text, origin }) = given.or(default) else {
            self.problems.push(Problem::Missing { key: key.name, needed_by: None });
            return T::default();
        };
        let read = (key.read)(&text);
        let value = masked(key.name, text);
        self.rows.push(Row { key: key.name, value: value.clone(), origin: origin.clone(), help: key.help });
        read.unwrap_or_else(|expected| {
            self.problems.push(Problem::Wrong { key: key.name, value, origin, expected });
            T::default()
        })
    }

    /// Demands that keys which were taken are not empty; `needed_by` says why.
    pub fn require(&mut self, keys: &[&Key<String>], needed_by: &'static str) {
        let empty =
            |key: &&&Key<String>| self.rows.iter().any(|row| row.key == key.name && row.value.is_empty());
        let missing: Vec<Problem> = keys
            .iter()
            .filter(empty)
            .map(|key| Problem::Missing { key: key.name, needed_by: Some(needed_by) })
            .collect();
        self.problems.extend(missing);
    }

    /// Refuses the value of a key that was taken: it does not go with other settings.
    pub fn refuse(&mut self, key: &'static str, expected: &str) {
        let row = self.rows.iter().find(|row| row.key == key);
        self.problems.extend(row.map(|row| Problem::Wrong {
            key,
            value: row.value.clone(),
            origin: row.origin.clone(),
            expected: expected.to_owned(),
        }));
    }

    /// The rows in the order in which they were taken. Errors: everything that was wrong, with unknown keys.
    pub fn finish(mut self) -> Result<Vec<Row>, Problems> {
        let is_unknown = |key: &str| !self.taken.contains(&key);
        for (key, given) in self.layers.iter().flatten().filter(|(key, _)| is_unknown(key)) {
            let nearest = nearest(key, &self.taken);
            self.problems.push(Problem::Unknown { key: key.clone(), origin: given.origin.clone(), nearest });
        }
        match self.problems.is_empty() {
            true => Ok(self.rows),
            false => Err(Problems(self.problems)),
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
    best.filter(|(score, _)| *score >= MIN_SIMILARITY).map(|(_, name)| name)
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
            Problem::Missing { key, needed_by: Some(needed_by) } => {
                write!(f, "setting {key} is missing: {needed_by} needs it")
            }
            Problem::Missing { key, needed_by: None } => {
                write!(f, "setting {key} is missing: set {PREFIX}{}", key.to_uppercase())
            }
        }
    }
}

/// As displayed: a main that returns the error prints it for debugging, and a secret stays masked.
impl fmt::Debug for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::{path, text, whole};

    const PORT: Key<u8> = Key { name: "port", default: Some("7"), help: "", read: |text| whole(text, 0..=9) };

    fn flags(flags: &[(&str, &str)]) -> Layer {
        let origin = Origin::Flag("--set".to_owned());
        let flag = |(key, text): &(&str, &str)| {
            ((*key).to_owned(), Given { text: (*text).to_owned(), origin: origin.clone() })
        };
        flags.iter().map(flag).collect()
    }

    fn named<T>(name: &'static str, read: fn(&str) -> Result<T, Expected>) -> Key<T> {
        Key { name, default: Some(""), help: "", read }
    }

    #[test]
    fn the_strongest_layer_counts_and_without_any_the_default() {
        let layers = || [flags(&[("port", "1")]), flags(&[("port", "2")])];
        assert_eq!(Reader::new(layers()).take(&PORT), 1);
        assert_eq!(Reader::new([]).take(&PORT), 7);
    }

    #[test]
    fn everything_wrong_is_reported_at_once() {
        let mut reader = Reader::new([flags(&[("port", "many"), ("prot", "1"), ("banana", "2")])]);
        reader.take(&PORT);
        reader.take(&named("bucket", text));
        reader.require(&[&named("bucket", text)], "backend = aws");
        let expected = [
            "--set: setting port must be a whole number from 0 to 9, not \"many\"",
            "setting bucket is missing: backend = aws needs it",
            "--set: unknown setting \"banana\"",
            "--set: unknown setting \"prot\"; did you mean \"port\"?",
        ];
        assert_eq!(reader.finish().unwrap_err().to_string(), expected.join("\n"));
    }

    #[test]
    fn without_defaults_every_key_must_be_there() {
        let mut reader = Reader::without_defaults(flags(&[("prot", "1"), ("table", "")]));
        reader.take(&PORT);
        let (bucket, table) = (named("bucket", text), named("table", text));
        reader.take(&bucket);
        reader.take(&table);
        reader.require(&[&bucket, &table], "every function");
        let expected = [
            "setting port is missing: set SEMBLANTE_PORT",
            "setting bucket is missing: set SEMBLANTE_BUCKET",
            "setting table is missing: every function needs it",
            "--set: unknown setting \"prot\"; did you mean \"port\"?",
        ];
        assert_eq!(format!("{:?}", reader.finish().unwrap_err()), expected.join("\n"));
    }

    #[test]
    fn a_secret_is_never_shown() {
        for key in ["image_api_key", "admin_password", "signing_secret", "provider_token"] {
            let mut reader = Reader::new([flags(&[(key, "hunter2")])]);
            assert_eq!(reader.take(&named(key, text)), "hunter2");
            assert_eq!(reader.finish().unwrap()[0].value, MASK);

            let mut reader = Reader::new([flags(&[(key, "hunter2")])]);
            reader.take(&named(key, |text| whole(text, 0..=9u8)));
            let error = reader.finish().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");

            let mut reader = Reader::new([]);
            reader.take(&named(key, text));
            assert_eq!(reader.finish().unwrap()[0].value, "", "{key}: that none is set is no secret");
        }
        let mut reader = Reader::new([flags(&[("keys_dir", "k")])]);
        reader.take(&named("keys_dir", path));
        assert_eq!(reader.finish().unwrap()[0].value, "k");
    }
}
