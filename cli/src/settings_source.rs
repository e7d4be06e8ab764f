//! Where settings come from: `semblante.toml`, `SEMBLANTE_<KEY>` and flags. Nothing here knows which keys there are.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// What a variable of the environment begins with to be a setting.
const PREFIX: &str = "SEMBLANTE_";

/// The variable that names the settings file, as `--config` does. It is no key: a file cannot name itself.
pub const CONFIG_VARIABLE: &str = "SEMBLANTE_CONFIG";

/// The file that is read where none is named, if it is there.
const DEFAULT_FILE: &str = "semblante.toml";

/// Where a value came from; shown as a person would look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave one.
    Default,
    /// A line of the settings file, from 1.
    File(PathBuf, usize),
    /// A variable of the environment.
    Environment(String),
    /// A flag, as it was given.
    Flag(String),
}

/// A value as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The value.
    pub text: String,
    /// Where it came from.
    pub origin: Origin,
}

/// The values of one source by key.
pub type Layer = BTreeMap<String, Given>;

/// Everything that may hold settings. The caller reads the process's surroundings, so tests can pass their own.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file that was named by a flag.
    pub config: Option<PathBuf>,
    /// The environment.
    pub environment: BTreeMap<OsString, OsString>,
    /// (flag as it was given, key, value); the last one of a key counts.
    pub flags: Vec<(String, String, String)>,
}

/// Why the sources cannot be read at all.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// The settings file cannot be read.
    #[error("cannot read the settings file {}: {reason}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The settings file is not TOML.
    #[error("{}:{line}: {reason}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// A value is a list, a table or a date.
    #[error("{}:{line}: {key} must be a text, a number, true or false", file.display())]
    NoScalar {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
    },
    /// A variable is not UTF-8.
    #[error("{0} is not UTF-8")]
    NotUnicode(String),
}

impl Sources {
    /// The layers, the strongest first: flags, environment, file.
    pub fn layers(&self) -> Result<[Layer; 3], SourceError> {
        Ok([self.flag_layer(), self.environment_layer()?, self.file_layer()?])
    }

    fn flag_layer(&self) -> Layer {
        let given = |(flag, key, text): &(String, String, String)| {
            (key.clone(), Given { text: text.clone(), origin: Origin::Flag(flag.clone()) })
        };
        self.flags.iter().map(given).collect()
    }

    fn environment_layer(&self) -> Result<Layer, SourceError> {
        let mut layer = Layer::new();
        for (name, value) in &self.environment {
            let name = name.to_string_lossy().into_owned();
            let Some(key) = name.strip_prefix(PREFIX).filter(|_| name != CONFIG_VARIABLE) else { continue };
            let text = value.to_str().ok_or_else(|| SourceError::NotUnicode(name.clone()))?.to_owned();
            // Only names in capitals are keys; another keeps its whole name, so that it is refused as unknown.
            let key = if key == key.to_uppercase() { key.to_lowercase() } else { name.clone() };
            layer.insert(key, Given { text, origin: Origin::Environment(name) });
        }
        Ok(layer)
    }

    fn file_layer(&self) -> Result<Layer, SourceError> {
        let variable = self.environment.get(std::ffi::OsStr::new(CONFIG_VARIABLE)).map(PathBuf::from);
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

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(file, line) => write!(f, "{}:{line}", file.display()),
            Origin::Environment(name) => f.write_str(name),
            Origin::Flag(flag) => f.write_str(flag),
        }
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
    fn the_environment_gives_what_has_the_prefix() {
        let variables = [("SEMBLANTE_DATA", "x"), ("SEMBLANTE_data", "y"), ("PATH", "z"), ("DATA", "z")];
        let environment = variables.map(|(name, value)| (name.into(), value.into()));
        let [_, layer, _] =
            Sources { environment: environment.into(), ..Sources::default() }.layers().unwrap();
        let origins: Vec<String> = layer.values().map(|given| given.origin.to_string()).collect();
        assert_eq!(origins, ["SEMBLANTE_data", "SEMBLANTE_DATA"].map(String::from));
        let keys: Vec<&str> = layer.keys().map(String::as_str).collect();
        assert_eq!(keys, ["SEMBLANTE_data", "data"]);
    }
}
