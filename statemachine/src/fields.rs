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

    /// Fails if one of the fields is missing.
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

    /// Refuses fields that were not read: those in `unsupported` as features that only Step Functions has, others as
    /// unknown.
    pub fn finish(&self, unsupported: &[&str]) -> Result<(), LoadError> {
        for name in self.map.keys() {
            if self.seen.contains(&name.as_str()) {
                continue;
            }
            let path = self.path.field(name);
            return Err(if unsupported.contains(&name.as_str()) {
                path.unsupported(format!("field {name} is not supported here"))
            } else {
                path.schema(unknown_field(name))
            });
        }
        Ok(())
    }
}

/// AWS's words for an unknown field.
pub(crate) fn unknown_field(name: &str) -> String {
    format!("The field '{name}' is not supported by Step Functions")
}

/// A whole number within `range`.
pub(crate) fn integer(value: &Value, path: &Path, range: &RangeInclusive<u64>) -> Result<u64, LoadError> {
    whole_number(value).filter(|number| range.contains(number)).ok_or_else(|| {
        path.schema(format!("Expected a whole number from {} to {}", range.start(), range.end()))
    })
}
