//! Fields of a definition that may hold expressions: JSON values, texts, numbers of seconds, conditions.

use serde_json::{Map, Value};

use crate::expression::{Expression, Str};
use crate::limits::MAX_SECONDS;
use crate::load_error::{LoadError, Path};
use crate::scope::{EvaluationError, Scope};
use crate::value::whole_number;

/// A JSON value: Arguments, Output, a value of Assign.
#[derive(Debug)]
pub(crate) enum Template {
    /// A value without any expression.
    Literal(Value),
    Expression(Box<Expression>),
    Object(Vec<(String, Template)>),
    Array(Vec<Template>),
}

impl Template {
    pub fn read(value: &Value, path: &Path) -> Result<Template, LoadError> {
        match value {
            Value::String(text) => Ok(match Expression::read(text, path)? {
                Str::Literal(text) => Template::Literal(text.into()),
                Str::Expression(expression) => Template::Expression(Box::new(expression)),
            }),
            Value::Array(items) => {
                let parts = items.iter().enumerate().map(|(i, item)| Template::read(item, &path.index(i)));
                let parts: Vec<Template> = parts.collect::<Result<_, _>>()?;
                let fixed = parts.iter().all(Template::is_literal);
                Ok(if fixed { Template::Literal(value.clone()) } else { Template::Array(parts) })
            }
            Value::Object(map) => {
                let parts = Template::read_fields(map, path)?;
                let fixed = parts.iter().all(|(_, part)| part.is_literal());
                Ok(if fixed { Template::Literal(value.clone()) } else { Template::Object(parts) })
            }
            _ => Ok(Template::Literal(value.clone())),
        }
    }

    pub fn read_fields(map: &Map<String, Value>, path: &Path) -> Result<Vec<(String, Template)>, LoadError> {
        map.iter()
            .map(|(name, value)| Ok((name.clone(), Template::read(value, &path.field(name))?)))
            .collect()
    }

    fn is_literal(&self) -> bool {
        matches!(self, Template::Literal(_))
    }

    /// The value with every expression evaluated. `location` names the field in errors: `Output`, `Output/x`.
    pub fn render(&self, scope: &mut Scope, location: &str) -> Result<Value, EvaluationError> {
        match self {
            Template::Literal(value) => Ok(value.clone()),
            Template::Expression(expression) => scope.evaluate(expression, location),
            Template::Object(parts) => {
                let mut object = Map::with_capacity(parts.len());
                for (name, part) in parts {
                    object.insert(name.clone(), part.render_part(scope, || format!("{location}/{name}"))?);
                }
                Ok(Value::Object(object))
            }
            Template::Array(parts) => {
                let parts = parts.iter().enumerate();
                let items = parts.map(|(i, part)| part.render_part(scope, || format!("{location}[{i}]")));
                Ok(Value::Array(items.collect::<Result<_, _>>()?))
            }
        }
    }

    fn render_part(
        &self,
        scope: &mut Scope,
        location: impl Fn() -> String,
    ) -> Result<Value, EvaluationError> {
        match self {
            Template::Literal(value) => Ok(value.clone()),
            part => part.render(scope, &location()),
        }
    }
}

#[derive(Debug)]
pub(crate) enum Text {
    Literal(String),
    Expression(Expression),
}

impl Text {
    pub fn render(&self, scope: &mut Scope, location: &str) -> Result<String, EvaluationError> {
        match self {
            Text::Literal(text) => Ok(text.clone()),
            Text::Expression(expression) => {
                scope.evaluate_as(expression, location, "string", |value| value.as_str().map(str::to_owned))
            }
        }
    }
}

#[derive(Debug)]
pub(crate) enum Seconds {
    Literal(u64),
    Expression(Expression),
}

impl Seconds {
    pub fn render(&self, scope: &mut Scope, location: &str, min: u64) -> Result<u64, EvaluationError> {
        match self {
            Seconds::Literal(seconds) => Ok(*seconds),
            Seconds::Expression(expression) => scope.evaluate_as(expression, location, "integer", |value| {
                whole_number(value).filter(|seconds| (min..=MAX_SECONDS).contains(seconds))
            }),
        }
    }
}

#[derive(Debug)]
pub(crate) enum Condition {
    Literal(bool),
    Expression(Expression),
}

impl Condition {
    pub fn render(&self, scope: &mut Scope, location: &str) -> Result<bool, EvaluationError> {
        match self {
            Condition::Literal(holds) => Ok(*holds),
            Condition::Expression(expression) => {
                scope.evaluate_as(expression, location, "boolean", Value::as_bool)
            }
        }
    }
}
