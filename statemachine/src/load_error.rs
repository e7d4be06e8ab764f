//! Errors of a definition, and the places in it that they name.

use std::fmt;

/// Why a definition was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct LoadError {
    /// Whether the definition is invalid or only unsupported here.
    pub kind: LoadErrorKind,
    /// The place of the error; displays as `$.States.Greet.Next`.
    pub path: Path,
    /// The error in words; in those of `CreateStateMachine` where they are known.
    pub message: String,
    /// The place of a syntax error, see [`LoadError::location`].
    source_location: Option<String>,
}

impl LoadError {
    /// The text is not JSON; `location` is the place in it, in AWS's notation.
    pub(crate) fn syntax(message: String, location: String) -> LoadError {
        let error = Path::default().error(LoadErrorKind::Syntax, message);
        LoadError { source_location: Some(location), ..error }
    }

    /// The `location` of AWS's diagnostic, such as `/States/Greet/Next` or, in a text that is not JSON,
    /// `[Source: (String)"{"; line: 1, column: 2]`. `None`: AWS gives no location for errors of this kind.
    pub fn location(&self) -> Option<String> {
        match self.kind {
            LoadErrorKind::Syntax => self.source_location.clone(),
            LoadErrorKind::Text | LoadErrorKind::EndState | LoadErrorKind::Substitution => None,
            _ => Some(self.path.pointer()),
        }
    }
}

/// The class of a [`LoadError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadErrorKind {
    /// The text is not JSON: AWS's `INVALID_JSON_DESCRIPTION`.
    Syntax,
    /// The text is empty or not an object: AWS's `SCHEMA_VALIDATION_FAILED`.
    Text,
    /// A field is missing, unknown or has a wrong value: AWS's `SCHEMA_VALIDATION_FAILED`.
    Schema,
    /// A JSONata expression does not parse: AWS's `INVALID_JSONATA_EXPRESSION`.
    Expression,
    /// A transition to a missing state, or an unreachable state: AWS's `MISSING_TRANSITION_TARGET`.
    Transition,
    /// No state ends the machine: AWS's `MISSING_END_STATE`.
    EndState,
    /// Two states have one name: AWS's `DUPLICATE_STATE_NAME`.
    DuplicateName,
    /// Step Functions supports the feature, this interpreter does not.
    Unsupported,
    /// A `${Name}` has no substitution.
    Substitution,
}

impl LoadErrorKind {
    /// AWS's diagnostic code; `None` for classes that AWS does not have.
    pub fn code(self) -> Option<&'static str> {
        match self {
            LoadErrorKind::Syntax => Some("INVALID_JSON_DESCRIPTION"),
            LoadErrorKind::Text | LoadErrorKind::Schema => Some("SCHEMA_VALIDATION_FAILED"),
            LoadErrorKind::Expression => Some("INVALID_JSONATA_EXPRESSION"),
            LoadErrorKind::EndState => Some("MISSING_END_STATE"),
            LoadErrorKind::Transition => Some("MISSING_TRANSITION_TARGET"),
            LoadErrorKind::DuplicateName => Some("DUPLICATE_STATE_NAME"),
            LoadErrorKind::Unsupported | LoadErrorKind::Substitution => None,
        }
    }
}

/// A place in a definition. Displays as `$.States.Greet`; [`LoadError::location`] has AWS's `/States/Greet`.
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
        LoadError { kind, path: self.clone(), message: message.into(), source_location: None }
    }

    pub(crate) fn schema(&self, message: impl Into<String>) -> LoadError {
        self.error(LoadErrorKind::Schema, message)
    }

    pub(crate) fn unsupported(&self, message: impl Into<String>) -> LoadError {
        self.error(LoadErrorKind::Unsupported, message)
    }

    /// The path in AWS's notation: `/States/Greet/Retry[0]`; the whole definition is `/`.
    fn pointer(&self) -> String {
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
