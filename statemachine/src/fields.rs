//! Reading one JSON object of a definition field by field, so that unread fields are found.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::load_error::{LoadError, Path};
use crate::value::whole_number;

/// One JSON object and the names of the fields that were read from it.
pub(crate) struct Fields<'a> {
    pub path: Path,
    map: &'a Map<String, Value>,
    seen: Vec<&'a str>,
}

impl<'a> Fields<'a> {
    pub fn of(value: &'a Value, path: Path) -> Result<Fields<'a>, LoadError> {
        match value {
            Value::Object(map) => Ok(Fields { path, map, seen: Vec::new() }),
            _ => Err(path.schema("Value is not of type object")),
        }
    }

    pub fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        self.seen.push(name);
        self.map.get(name)
    }

    /// Does not count the field as read.
    pub fn peek(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Fails if fields are missing, and names them in the given order.
    pub fn require(&self, names: &[&str]) -> Result<(), LoadError> {
        let missing: Vec<&str> = names.iter().copied().filter(|name| !self.has(name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(self.path.schema(format!("These fields are required: [{}]", missing.join(", "))))
    }

    pub fn string(&mut self, name: &'static str) -> Result<Option<&'a str>, LoadError> {
        let path = self.path.field(name);
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(path.schema("Value is not of type string")),
        }
    }

    pub fn required_string(&mut self, name: &'static str) -> Result<&'a str, LoadError> {
        self.require(&[name])?;
        Ok(self.string(name)?.unwrap_or_default())
    }

    pub fn bool(&mut self, name: &'static str) -> Result<Option<bool>, LoadError> {
        let path = self.path.field(name);
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(path.schema("Value is not of type boolean")),
        }
    }

    pub fn integer(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, LoadError> {
        let path = self.path.field(name);
        let Some(value) = self.get(name) else { return Ok(None) };
        integer(value, &path, &range).map(Some)
    }

    pub fn array(&mut self, name: &'static str) -> Result<Option<&'a Vec<Value>>, LoadError> {
        let path = self.path.field(name);
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(path.schema("Value is not of type array")),
        }
    }

    /// Refuses fields that were not read: those in `unsupported` as features that only Step Functions has, those of
    /// the other query language, and others as unknown.
    pub fn finish(&self, language: Language, unsupported: &[&str]) -> Result<(), LoadError> {
        let Some(name) = self.map.keys().find(|name| !self.seen.contains(&name.as_str())) else {
            return Ok(());
        };
        if unsupported.contains(&name.as_str()) {
            return Err(self.path.field(name).unsupported(format!("field {name} is not supported here")));
        }
        let other = language.other();
        Err(self.path.schema(if other.own_fields().contains(&name.as_str()) {
            format!(
                "The QueryLanguage is set to '{}', but field '{name}' is only supported for the '{}' QueryLanguage",
                language.name(),
                other.name()
            )
        } else {
            format!("Field '{name}' is not supported")
        }))
    }
}

/// The query language of a state. Of JSONPath states, only fields without paths are supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    JsonPath,
    Jsonata,
}

impl Language {
    fn other(self) -> Language {
        match self {
            Language::JsonPath => Language::Jsonata,
            Language::Jsonata => Language::JsonPath,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Language::JsonPath => "JSONPath",
            Language::Jsonata => "JSONata",
        }
    }

    /// The fields that only states of this language have.
    pub fn own_fields(self) -> &'static [&'static str] {
        match self {
            Language::JsonPath => &[
                "InputPath",
                "OutputPath",
                "ResultPath",
                "Parameters",
                "ResultSelector",
                "Result",
                "SecondsPath",
                "TimestampPath",
                "TimeoutSecondsPath",
                "HeartbeatSecondsPath",
                "ErrorPath",
                "CausePath",
                "Variable",
            ],
            Language::Jsonata => &["Arguments", "Output", "Condition"],
        }
    }
}

/// A whole number within `range`.
pub(crate) fn integer(value: &Value, path: &Path, range: &RangeInclusive<u64>) -> Result<u64, LoadError> {
    whole_number(value).filter(|number| range.contains(number)).ok_or_else(|| {
        path.schema(format!("Expected a whole number from {} to {}", range.start(), range.end()))
    })
}
