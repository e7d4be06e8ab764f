//! The Wait state, the Fail state, and fields that are a number of seconds.

use serde_json::Value;

use crate::definition::{Fail, Seconds, State, Text, Wait};
use crate::failure::Failure;
use crate::limits::MAX_SECONDS;
use crate::run::{Extra, Flow, Run};
use crate::scope::{EvaluationError, Scope};
use crate::strand::{Activity, Strand};
use crate::time::{Millis, after_seconds, parse_offset_date_time};

impl Run<'_> {
    pub fn wait(&mut self, wait: &Wait, state: &State, strand: &mut Strand) -> Flow {
        let now = self.now;
        match self.evaluate(state, strand, Extra::default(), |scope| wait.until(scope, now)) {
            Ok(until) if until <= now => self.exit(state, strand, None),
            Ok(until) => {
                strand.activity = Activity::Wait { until };
                Flow::Wait
            }
            Err(error) => Flow::Failed(self.evaluation_failed(strand, error)),
        }
    }

    pub fn fail(&mut self, fail: &Fail, state: &State, strand: &mut Strand) -> Flow {
        let read = |scope: &mut Scope| {
            let error = fail.error.as_ref().map(|text| text.read(scope, "Error")).transpose()?;
            let cause = fail.cause.as_ref().map(|text| text.read(scope, "Cause")).transpose()?;
            Ok(Failure { error, cause, heartbeat: false })
        };
        Flow::Failed(match self.evaluate(state, strand, Extra::default(), read) {
            Ok(failure) => failure,
            Err(error) => self.evaluation_failed(strand, error),
        })
    }
}

impl Wait {
    fn until(&self, scope: &mut Scope, now: Millis) -> Result<Millis, EvaluationError> {
        match self {
            Wait::Until(at) => Ok(*at),
            Wait::Seconds(seconds) => Ok(after_seconds(now, seconds.read(scope, "Seconds", 0)?)),
            Wait::Timestamp(expression) => {
                let text = scope.evaluate_as(expression, "Timestamp", "string", |value| {
                    value.as_str().map(str::to_owned)
                })?;
                parse_offset_date_time(&text).ok_or_else(|| {
                    let wanted = "an ISO-8601 extended offset date-time format string";
                    let message = format!("The Timestamp field cannot be parsed as {wanted}: {text}");
                    EvaluationError { follows_entry: true, ..EvaluationError::new("Timestamp", message) }
                })
            }
        }
    }
}

impl Seconds {
    pub fn read(&self, scope: &mut Scope, location: &str, least: u64) -> Result<u64, EvaluationError> {
        match self {
            Seconds::Literal(seconds) => Ok(*seconds),
            Seconds::Expression(expression) => {
                scope.evaluate_as(expression, location, "integer", |value| whole(value, least))
            }
        }
    }
}

fn whole(value: &Value, least: u64) -> Option<u64> {
    let seconds = value
        .as_u64()
        .or_else(|| value.as_f64().filter(|s| s.fract() == 0.0 && *s >= 0.0).map(|s| s as u64))?;
    (least..=MAX_SECONDS).contains(&seconds).then_some(seconds)
}

impl Text {
    fn read(&self, scope: &mut Scope, location: &str) -> Result<String, EvaluationError> {
        match self {
            Text::Literal(text) => Ok(text.clone()),
            Text::Expression(expression) => {
                scope.evaluate_as(expression, location, "string", |value| value.as_str().map(str::to_owned))
            }
        }
    }
}
