//! A JSON value of a definition with expressions in it: Arguments, Output, and what Assign assigns.

use serde_json::{Map, Value};

use crate::expression::{Expression, Str};
use crate::fields::{LoadError, Path};
use crate::scope::{EvaluationError, Scope};

#[derive(Debug)]
pub(crate) enum Template {
    /// Without any expression.
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
