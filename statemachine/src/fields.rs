//! Reading one JSON object of a definition field by field, so that nothing in it goes unread.

use std::fmt;

use serde_json::{Map, Value};

/// Why a definition was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct LoadError {
    /// Whether it is wrong, or right but not for this interpreter.
    pub kind: LoadErrorKind,
    /// Where: `$.States.Greet.Next`.
    pub path: Path,
    /// What is wrong there; for what `CreateStateMachine` says itself, in its words.
    pub message: String,
}

/// What kind of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadErrorKind {
    /// Not a JSON object at all: AWS's `SCHEMA_VALIDATION_FAILED`, without a location.
    Text,
    /// Not shaped like a definition: AWS's `SCHEMA_VALIDATION_FAILED`.
    Schema,
    /// A transition that leads nowhere, or a state that nothing leads to: AWS's `MISSING_TRANSITION_TARGET`.
    Transition,
    /// A state's name that is there twice: AWS's `DUPLICATE_STATE_NAME`.
    DuplicateName,
    /// Step Functions has it, this interpreter does not.
    Unsupported,
    /// A `${Name}` without a substitution.
    Substitution,
}

impl LoadErrorKind {
    /// AWS's code for it, where AWS has one.
    pub fn code(self) -> Option<&'static str> {
        match self {
            LoadErrorKind::Text | LoadErrorKind::Schema => Some("SCHEMA_VALIDATION_FAILED"),
            LoadErrorKind::Transition => Some("MISSING_TRANSITION_TARGET"),
            LoadErrorKind::DuplicateName => Some("DUPLICATE_STATE_NAME"),
            LoadErrorKind::Unsupported | LoadErrorKind::Substitution => None,
        }
    }
}

/// A place in a definition. Displays as `$.States.Greet`; [`Path::pointer`] is AWS's `/States/Greet`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Path(Vec<Segment>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Field(String),
    Index(usize),
}

impl Path {
    pub(crate) fn field(&self, name: &str) -> Path {
        self.with(Segment::Field(name.to_owned()))
    }

    pub(crate) fn index(&self, index: usize) -> Path {
        self.with(Segment::Index(index))
    }

    fn with(&self, segment: Segment) -> Path {
        let mut segments = self.0.clone();
        segments.push(segment);
        Path(segments)
    }

    pub(crate) fn error(&self, kind: LoadErrorKind, message: impl Into<String>) -> LoadError {
        LoadError { kind, path: self.clone(), message: message.into() }
    }

    pub(crate) fn schema(&self, message: impl Into<String>) -> LoadError {
        self.error(LoadErrorKind::Schema, message)
    }

    pub(crate) fn unsupported(&self, message: impl Into<String>) -> LoadError {
        self.error(LoadErrorKind::Unsupported, message)
    }

    /// As AWS writes a location: `/States/Greet/Retry[0]`, the whole definition is `/`.
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for segment in &self.0 {
            match segment {
                Segment::Field(name) => {
                    pointer.push('/');
                    pointer.push_str(name);
                }
                Segment::Index(index) => pointer.push_str(&format!("[{index}]")),
            }
        }
        if pointer.is_empty() { "/".to_owned() } else { pointer }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for segment in &self.0 {
            match segment {
                Segment::Field(name) => write!(f, ".{name}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// One JSON object, with a memory of which of its fields were asked for.
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

    /// Looks without counting the field as read.
    pub fn peek(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Fails with AWS's words for what is missing.
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

    /// A whole number within `range`.
    pub fn integer(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, LoadError> {
        let path = self.path.field(name);
        let Some(value) = self.get(name) else { return Ok(None) };
        whole_number(value, &path, &range).map(Some)
    }

    pub fn array(&mut self, name: &'static str) -> Result<Option<&'a Vec<Value>>, LoadError> {
        let path = self.path.field(name);
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(path.schema("Value is not of type array")),
        }
    }

    /// Refuses what was never asked for: fields that `unsupported` knows as Step Functions' own, and fields that
    /// nobody knows.
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

/// AWS's words for a field that nobody knows.
pub(crate) fn unknown_field(name: &str) -> String {
    format!("The field '{name}' is not supported by Step Functions")
}

pub(crate) fn whole_number(
    value: &Value,
    path: &Path,
    range: &std::ops::RangeInclusive<u64>,
) -> Result<u64, LoadError> {
    let number =
        value.as_u64().or_else(|| value.as_f64().filter(|n| n.fract() == 0.0 && *n >= 0.0).map(|n| n as u64));
    match number {
        Some(number) if range.contains(&number) => Ok(number),
        _ => Err(path.schema(format!("Expected a whole number from {} to {}", range.start(), range.end()))),
    }
}
