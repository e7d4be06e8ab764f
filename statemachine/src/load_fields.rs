//! Reading the fields that several kinds of state share.

use serde_json::Value;

use crate::definition::{Assign, Catcher, Kind, Next, Retrier, Wait};
use crate::expression::{Expression, Str};
use crate::failure::ALL;
use crate::fields::{Fields, Language, integer};
use crate::limits::{MAX_DELAY_SECONDS, MAX_SECONDS};
use crate::load_error::LoadError;
use crate::template::{Seconds, Template, Text};
use crate::time::parse_offset_date_time;

pub(crate) fn language(fields: &mut Fields, outer: Language) -> Result<Language, LoadError> {
    let path = fields.path.field("QueryLanguage");
    match fields.string("QueryLanguage")? {
        None => Ok(outer),
        Some("JSONata") => Ok(Language::Jsonata),
        Some("JSONPath") if outer == Language::Jsonata => {
            let problem = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
            Err(fields.path.schema(problem))
        }
        Some("JSONPath") => Ok(Language::JsonPath),
        Some(_) => {
            let problem = "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]";
            Err(path.schema(problem))
        }
    }
}

pub(crate) fn template(
    fields: &mut Fields,
    name: &'static str,
    language: Language,
) -> Result<Option<Template>, LoadError> {
    if language == Language::JsonPath {
        return Ok(None);
    }
    let path = fields.path.field(name);
    fields.get(name).map(|value| Template::read(value, &path)).transpose()
}

pub(crate) fn text(
    fields: &mut Fields,
    name: &'static str,
    language: Language,
) -> Result<Option<Text>, LoadError> {
    let path = fields.path.field(name);
    let Some(value) = fields.string(name)? else { return Ok(None) };
    if language == Language::JsonPath {
        return Ok(Some(Text::Literal(value.to_owned())));
    }
    Ok(Some(match Expression::read(value, &path)? {
        Str::Literal(value) => Text::Literal(value.to_owned()),
        Str::Expression(expression) => Text::Expression(expression),
    }))
}

pub(crate) fn seconds(
    fields: &mut Fields,
    name: &'static str,
    min: u64,
    language: Language,
) -> Result<Option<Seconds>, LoadError> {
    let path = fields.path.field(name);
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if language == Language::Jsonata => match Expression::read(text, &path)? {
            Str::Expression(expression) => Ok(Some(Seconds::Expression(expression))),
            Str::Literal(_) => Err(path.schema("Expected a number or a JSONata expression")),
        },
        Some(value) => Ok(Some(Seconds::Literal(integer(value, &path, &(min..=MAX_SECONDS))?))),
    }
}

pub(crate) fn wait(fields: &mut Fields, language: Language) -> Result<Wait, LoadError> {
    for path in ["SecondsPath", "TimestampPath"] {
        if language == Language::JsonPath && fields.has(path) {
            return Err(fields.path.field(path).unsupported(format!("field {path} is not supported here")));
        }
    }
    let seconds = seconds(fields, "Seconds", 0, language)?;
    let path = fields.path.field("Timestamp");
    let wait = match (seconds, fields.string("Timestamp")?) {
        (Some(seconds), None) => Wait::Seconds(seconds),
        (None, Some(text)) => {
            let text = match language {
                Language::JsonPath => Str::Literal(text),
                Language::Jsonata => Expression::read(text, &path)?,
            };
            match text {
                Str::Expression(expression) => Wait::Timestamp(expression),
                Str::Literal(text) => Wait::Until(
                    parse_offset_date_time(text)
                        .ok_or_else(|| path.schema("String does not match RFC3339 timestamp"))?,
                ),
            }
        }
        _ => return Err(fields.path.schema("Exactly one of Seconds and Timestamp is required")),
    };
    Ok(wait)
}

pub(crate) fn assign(fields: &mut Fields, language: Language) -> Result<Assign, LoadError> {
    let path = fields.path.field("Assign");
    let map = match fields.get("Assign") {
        None => return Ok(Assign::new()),
        Some(Value::Object(map)) => map,
        Some(_) => return Err(path.schema("Value is not of type object")),
    };
    for name in map.keys() {
        let path = path.field(name);
        if language == Language::JsonPath && name.ends_with(".$") {
            return Err(path.unsupported("JSONPath is not supported here"));
        }
        if !is_variable_name(name) {
            return Err(path.schema(format!("Invalid variable name: {name}")));
        }
    }
    let path_free = language == Language::Jsonata || !map.values().any(holds_paths);
    if !path_free {
        return Err(path.unsupported("JSONPath is not supported here"));
    }
    if language == Language::JsonPath {
        return Ok(map
            .iter()
            .map(|(name, value)| (name.clone(), Template::Literal(value.clone())))
            .collect());
    }
    Template::read_fields(map, &path)
}

/// An identifier of at most 80 characters; `states` is reserved.
fn is_variable_name(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    first && chars.all(|c| c.is_alphanumeric() || c == '_') && name.chars().count() <= 80 && name != "states"
}

/// Whether a value of a JSONPath state contains a field `x.$`.
fn holds_paths(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(name, value)| name.ends_with(".$") || holds_paths(value)),
        Value::Array(items) => items.iter().any(holds_paths),
        _ => false,
    }
}

pub(crate) fn next(fields: &mut Fields, kind: &Kind) -> Result<Next, LoadError> {
    if matches!(kind, Kind::Choice(_) | Kind::Succeed | Kind::Fail(_)) {
        return Ok(Next::End);
    }
    let next = fields.string("Next")?;
    let end = fields.bool("End")?;
    match (next, end) {
        (Some(next), None | Some(false)) => Ok(Next::State(next.to_owned())),
        (None, Some(true)) => Ok(Next::End),
        (Some(_), Some(true)) => Err(fields.path.schema("State has both 'Next' and 'End'")),
        (None, _) => Err(fields.path.schema("These fields are required: [Next]")),
    }
}

pub(crate) fn catchers(fields: &mut Fields, language: Language) -> Result<Vec<Catcher>, LoadError> {
    let path = fields.path.field("Catch");
    let values = fields.array("Catch")?.map_or(&[][..], Vec::as_slice);
    let mut catchers = Vec::new();
    for (i, value) in values.iter().enumerate() {
        let mut fields = Fields::of(value, path.index(i))?;
        fields.require(&["ErrorEquals", "Next"])?;
        fields.string("Comment")?;
        catchers.push(Catcher {
            errors: errors(&mut fields, i + 1 == values.len())?,
            next: fields.required_string("Next")?.to_owned(),
            assign: assign(&mut fields, language)?,
            output: template(&mut fields, "Output", language)?,
        });
        fields.finish(language, if language == Language::JsonPath { &["ResultPath"] } else { &[] })?;
    }
    Ok(catchers)
}

pub(crate) fn retriers(fields: &mut Fields, language: Language) -> Result<Vec<Retrier>, LoadError> {
    let path = fields.path.field("Retry");
    let values = fields.array("Retry")?.map_or(&[][..], Vec::as_slice);
    let mut retriers = Vec::new();
    for (i, value) in values.iter().enumerate() {
        let mut fields = Fields::of(value, path.index(i))?;
        fields.require(&["ErrorEquals"])?;
        fields.string("Comment")?;
        let backoff_rate = match fields.get("BackoffRate").map(Value::as_f64) {
            None => 2.0,
            Some(Some(rate)) if rate >= 1.0 => rate,
            Some(_) => {
                return Err(fields.path.field("BackoffRate").schema("Expected a number of at least 1"));
            }
        };
        let full_jitter = match fields.string("JitterStrategy")? {
            None | Some("NONE") => false,
            Some("FULL") => true,
            Some(_) => {
                let problem = "The field 'JitterStrategy' should have one of these values: [FULL, NONE]";
                return Err(fields.path.field("JitterStrategy").schema(problem));
            }
        };
        let retrier = Retrier {
            errors: errors(&mut fields, i + 1 == values.len())?,
            interval_s: fields.integer("IntervalSeconds", 1..=MAX_SECONDS)?.unwrap_or(1),
            max_attempts: fields.integer("MaxAttempts", 0..=MAX_SECONDS)?.unwrap_or(3),
            backoff_rate,
            max_delay_s: fields.integer("MaxDelaySeconds", 1..=MAX_DELAY_SECONDS)?,
            full_jitter,
        };
        fields.finish(language, &[])?;
        retriers.push(retrier);
    }
    Ok(retriers)
}

/// ErrorEquals: at least one name; States.ALL only by itself and in the last handler.
fn errors(fields: &mut Fields, last: bool) -> Result<Vec<String>, LoadError> {
    let path = fields.path.field("ErrorEquals");
    let values = fields.array("ErrorEquals")?.map_or(&[][..], Vec::as_slice);
    let names: Option<Vec<String>> = values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    let names = names.ok_or_else(|| path.schema("Value is not of type array of strings"))?;
    if names.is_empty() {
        return Err(path.schema("Value cannot be empty"));
    }
    if names.iter().any(|name| name == ALL) && !(last && names.len() == 1) {
        return Err(path.schema("States.ALL must be the only error name, in the last place"));
    }
    Ok(names)
}
