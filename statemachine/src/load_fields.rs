//! Reading the fields that several kinds of state have: templates, texts and times.

use serde_json::Value;

use crate::definition::{Seconds, Text, Wait};
use crate::expression::{Expression, Str};
use crate::fields::{Fields, LoadError, whole_number};
use crate::limits::MAX_SECONDS;
use crate::load_state::Language;
use crate::template::Template;
use crate::time::parse_offset_date_time;

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
    least: u64,
    language: Language,
) -> Result<Option<Seconds>, LoadError> {
    let path = fields.path.field(name);
    match fields.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if language == Language::Jsonata => match Expression::read(text, &path)? {
            Str::Expression(expression) => Ok(Some(Seconds::Expression(expression))),
            Str::Literal(_) => Err(path.schema("Expected a number or a JSONata expression")),
        },
        Some(value) => Ok(Some(Seconds::Literal(whole_number(value, &path, &(least..=MAX_SECONDS))?))),
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
