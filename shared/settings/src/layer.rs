//! The values of one source, such as the environment, by key.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

/// What a variable of the environment begins with to be a setting.
pub const PREFIX: &str = "SEMBLANTE_";

/// Where a value came from; displayed as a person would look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Default,
    /// A line of the settings file, from 1.
    File(PathBuf, usize),
    /// A variable of the environment.
    Environment(String),
    /// A flag, as it was typed.
    Flag(String),
}

/// A value as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub text: String,
    pub origin: Origin,
}

pub type Layer = BTreeMap<String, Given>;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not UTF-8")]
pub struct NotUnicode(String);

/// The settings among the variables of an environment. Only names in capitals are keys; another keeps its whole name, so
/// that it is refused as unknown.
pub fn environment<'a>(
    variables: impl IntoIterator<Item = (&'a OsString, &'a OsString)>,
) -> Result<Layer, NotUnicode> {
    let mut layer = Layer::new();
    for (name, value) in variables {
        let name = name.to_string_lossy().into_owned();
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        let text = OsStr::to_str(value).ok_or_else(|| NotUnicode(name.clone()))?.to_owned();
        let key = if key == key.to_uppercase() { key.to_lowercase() } else { name.clone() };
        layer.insert(key, Given { text, origin: Origin::Environment(name) });
    }
    Ok(layer)
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

    #[test]
    fn the_environment_gives_what_has_the_prefix() {
        let variables = [("SEMBLANTE_DATA", "x"), ("SEMBLANTE_data", "y"), ("PATH", "z"), ("DATA", "z")];
        let variables: BTreeMap<OsString, OsString> =
            variables.map(|(name, value)| (name.into(), value.into())).into();
        let layer = environment(&variables).unwrap();
        let origins: Vec<String> = layer.values().map(|given| given.origin.to_string()).collect();
        assert_eq!(origins, ["SEMBLANTE_data", "SEMBLANTE_DATA"].map(String::from));
        let keys: Vec<&str> = layer.keys().map(String::as_str).collect();
        assert_eq!(keys, ["SEMBLANTE_data", "data"]);
    }
}
