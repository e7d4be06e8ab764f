//! Where settings come from: flags, `SEMBLANTE_<KEY>` in the environment, and semblante.toml.

use ::settings::{Given, Layer, NotUnicode, Origin};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// Names the settings file, as `--config` does. It is not a key: a file cannot name itself.
const CONFIG_VARIABLE: &str = "SEMBLANTE_CONFIG";
/// The file that is read where none is named, if it exists.
const DEFAULT_FILE: &str = "semblante.toml";

/// A setting that a flag gave.
#[derive(Clone, Debug)]
pub struct Flag {
    /// The flag as it was typed: `--data`, `--set data`.
    pub typed: String,
    pub key: String,
    pub value: String,
}

/// Everything that may hold settings. The caller reads the process's environment, so that tests can pass their own.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file that `--config` names.
    pub config: Option<PathBuf>,
    pub environment: BTreeMap<OsString, OsString>,
    /// The last one of a key counts.
    pub flags: Vec<Flag>,
}

/// Why the sources cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("cannot read the settings file {}: {reason}", file.display())]
    Unreadable { file: PathBuf, reason: String },
    #[error("{}:{line}: {reason}", file.display())]
    Syntax { file: PathBuf, line: usize, reason: String },
    /// The value is a list, a table or a date.
    #[error("{}:{line}: {key} must be a text, a number, true or false", file.display())]
    NoScalar { file: PathBuf, line: usize, key: String },
    #[error(transparent)]
    NotUnicode(#[from] NotUnicode),
}

impl Sources {
    /// The layers, the strongest first: flags, environment, file.
    pub fn layers(&self) -> Result<[Layer; 3], SourceError> {
        let mut environment = ::settings::environment(&self.environment)?;
        environment.retain(|_, given| given.origin != Origin::Environment(CONFIG_VARIABLE.to_owned()));
        Ok([self.flag_layer(), environment, self.file_layer()?])
    }

    fn flag_layer(&self) -> Layer {
        let given =
            |flag: &Flag| Given { text: flag.value.clone(), origin: Origin::Flag(flag.typed.clone()) };
        self.flags.iter().map(|flag| (flag.key.clone(), given(flag))).collect()
    }

    fn file_layer(&self) -> Result<Layer, SourceError> {
        let variable = self.environment.get(OsStr::new(CONFIG_VARIABLE)).map(PathBuf::from);
        let named = self.config.clone().or(variable);
        let file = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        match std::fs::read_to_string(&file) {
            Ok(text) => read_toml(&file, &text),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => Ok(Layer::new()),
            Err(error) => Err(SourceError::Unreadable { file, reason: error.to_string() }),
        }
    }
}

fn read_toml(file: &Path, text: &str) -> Result<Layer, SourceError> {
    let line_of = |offset: usize| 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    let table = DeTable::parse(text).map_err(|error| SourceError::Syntax {
        file: file.to_owned(),
        line: line_of(error.span().map_or(0, |span| span.start)),
        reason: error.message().to_owned(),
    })?;
    let mut layer = Layer::new();
    for (key, value) in table.get_ref() {
        let line = line_of(key.span().start);
        let key = key.get_ref().to_string();
        let Some(text) = scalar(value.get_ref()) else {
            return Err(SourceError::NoScalar { file: file.to_owned(), line, key });
        };
        layer.insert(key, Given { text, origin: Origin::File(file.to_owned(), line) });
    }
    Ok(layer)
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Layer, SourceError> {
        read_toml(Path::new("s.toml"), text)
    }

    #[test]
    fn a_file_gives_scalars_with_their_lines() {
        let layer = file("# hello\ndata = \"x\"\n\nmax_receives = 1_0\nfast = true\n").unwrap();
        let show = |key: &str| format!("{} {}", layer[key].text, layer[key].origin);
        assert_eq!(show("data"), "x s.toml:2");
        assert_eq!(show("max_receives"), "10 s.toml:4");
        assert_eq!(show("fast"), "true s.toml:5");
    }

    #[test]
    fn a_file_that_is_no_list_of_scalars_is_refused_by_line() {
        for (text, expected) in [
            ("data = 'x'\nmax_receives = [1]\n", "s.toml:2: max_receives must be a text"),
            ("\n[section]\ndata = 'x'\n", "s.toml:2: section must be a text"),
            ("data = 'x'\ndata = 'y'\n", "s.toml:2: "),
            ("data\n", "s.toml:1: "),
        ] {
            let error = file(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_named_file_must_be_there() {
        let config = Some(PathBuf::from("no/such/file.toml"));
        let error = Sources { config, ..Sources::default() }.layers().unwrap_err();
        assert!(error.to_string().contains("no/such/file.toml"), "{error}");
        let environment = BTreeMap::from([(CONFIG_VARIABLE.into(), "no/such/other.toml".into())]);
        let error = Sources { environment, ..Sources::default() }.layers().unwrap_err();
        assert!(error.to_string().contains("no/such/other.toml"), "{error}");
    }

    #[test]
    fn the_last_flag_of_a_key_counts_and_the_files_name_is_no_key() {
        let flag = |value: &str| Flag { typed: "--data".into(), key: "data".into(), value: value.into() };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.toml");
        std::fs::write(&file, "data = 'of-file'").unwrap();
        let environment = BTreeMap::from([(CONFIG_VARIABLE.into(), file.into())]);
        let sources = Sources { environment, flags: vec![flag("a"), flag("b")], ..Sources::default() };
        let [flags, environment, file] = sources.layers().unwrap();
        assert_eq!((flags["data"].text.as_str(), file["data"].text.as_str()), ("b", "of-file"));
        assert!(environment.is_empty());
    }
}
