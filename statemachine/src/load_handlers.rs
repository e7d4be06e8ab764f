//! Reading Retry and Catch.

use serde_json::Value;

use crate::definition::{Catcher, Retrier};
use crate::failure::ALL;
use crate::fields::{Fields, LoadError};
use crate::limits::{MAX_DELAY_SECONDS, MAX_SECONDS};
use crate::load_fields::template;
use crate::load_state::{Language, Reader};

impl Reader {
    pub fn catchers(&mut self, fields: &mut Fields, language: Language) -> Result<Vec<Catcher>, LoadError> {
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
                assign: self.assign(&mut fields, language)?,
                output: template(&mut fields, "Output", language)?,
            });
            fields.finish(if language == Language::JsonPath { &["ResultPath"] } else { &[] })?;
        }
        Ok(catchers)
    }
}

pub(crate) fn retriers(fields: &mut Fields) -> Result<Vec<Retrier>, LoadError> {
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
                return Err(fields.path.field("JitterStrategy").schema("Value is not one of [FULL, NONE]"));
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
        fields.finish(&[])?;
        retriers.push(retrier);
    }
    Ok(retriers)
}

/// ErrorEquals: not empty, and States.ALL stands alone, in the last place.
fn errors(fields: &mut Fields, last: bool) -> Result<Vec<String>, LoadError> {
    let path = fields.path.field("ErrorEquals");
    let values = fields.array("ErrorEquals")?.map_or(&[][..], Vec::as_slice);
    let names: Option<Vec<String>> = values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    let names = names.ok_or_else(|| path.schema("Value is not of type array of strings"))?;
    if names.is_empty() {
        return Err(path.schema("At least one error name is required"));
    }
    if names.iter().any(|name| name == ALL) && !(last && names.len() == 1) {
        return Err(path.schema("States.ALL must be the only error name, in the last place"));
    }
    Ok(names)
}
