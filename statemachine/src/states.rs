//! The states without a task or branches: Choice, Wait and Fail. Pass and Succeed only exit.

use crate::definition::{Choice, Fail, Next, State, Wait};
use crate::exit::Exit;
use crate::failure::{Failure, NO_CHOICE};
use crate::run::{Bindings, Flow, Run, in_state};
use crate::scope::{EvaluationError, Scope};
use crate::strand::{Activity, Strand};
use crate::time::{Millis, after_seconds, parse_offset_date_time};

impl Run<'_> {
    /// Takes the first rule whose condition holds, with the rule's Assign and Output; else Default, with the state's.
    pub fn choose(&mut self, state: &State, choice: &Choice, strand: &mut Strand) -> Flow {
        let chosen = match self.evaluate(state, strand, Bindings::default(), |scope| choice.first(scope)) {
            Ok(chosen) => chosen,
            Err(error) => return Flow::Failed(self.evaluation_failed(strand, error)),
        };
        let next;
        let exit = match (chosen, &choice.default) {
            (Some(index), _) => {
                let rule = &choice.rules[index];
                next = Next::State(rule.next.clone());
                let prefix = format!("Choices[{index}]/");
                Exit { assign: &rule.assign, output: rule.output.as_ref(), next: &next, prefix }
            }
            (None, Some(default)) => {
                next = Next::State(default.clone());
                let output = state.output.as_ref();
                Exit { assign: &state.assign, output, next: &next, prefix: String::new() }
            }
            (None, None) => return Flow::Failed(no_choice(strand)),
        };
        self.leave(state, strand, exit, Bindings::default()).unwrap_or_else(Flow::Failed)
    }

    pub fn wait(&mut self, wait: &Wait, state: &State, strand: &mut Strand) -> Flow {
        let now = self.now;
        match self.evaluate(state, strand, Bindings::default(), |scope| wait.until(scope, now)) {
            Ok(until) if until <= now => self.exit(state, strand, None),
            Ok(until) => {
                strand.activity = Activity::Wait { until };
                strand.before_entry = None;
                Flow::Wait
            }
            Err(error) => Flow::Failed(self.evaluation_failed(strand, error)),
        }
    }

    pub fn fail(&mut self, fail: &Fail, state: &State, strand: &mut Strand) -> Flow {
        let failure = self.evaluate(state, strand, Bindings::default(), |scope| fail.failure(scope));
        Flow::Failed(failure.unwrap_or_else(|error| self.evaluation_failed(strand, error)))
    }
}

fn no_choice(strand: &Strand) -> Failure {
    let cause = "Failed to transition out of the state. The state does not point to a next state.";
    Failure::new(NO_CHOICE, format!("{} {cause}", in_state(strand)))
}

impl Choice {
    fn first(&self, scope: &mut Scope) -> Result<Option<usize>, EvaluationError> {
        for (index, rule) in self.rules.iter().enumerate() {
            if rule.condition.render(scope, &format!("Choices[{index}]/Condition"))? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }
}

impl Wait {
    fn until(&self, scope: &mut Scope, now: Millis) -> Result<Millis, EvaluationError> {
        match self {
            Wait::Until(at) => Ok(*at),
            Wait::Seconds(seconds) => Ok(after_seconds(now, seconds.render(scope, "Seconds", 0)?)),
            Wait::Timestamp(expression) => {
                let text = scope.evaluate_as(expression, "Timestamp", "string", |value| {
                    value.as_str().map(str::to_owned)
                })?;
                parse_offset_date_time(&text).ok_or_else(|| {
                    let format = "an ISO-8601 extended offset date-time format string";
                    let message = format!("The Timestamp field cannot be parsed as {format}: {text}");
                    EvaluationError { follows_entry: true, ..EvaluationError::new("Timestamp", message) }
                })
            }
        }
    }
}

impl Fail {
    fn failure(&self, scope: &mut Scope) -> Result<Failure, EvaluationError> {
        let error = self.error.as_ref().map(|text| text.render(scope, "Error")).transpose()?;
        let cause = self.cause.as_ref().map(|text| text.render(scope, "Cause")).transpose()?;
        Ok(Failure { error, cause, ..Failure::default() })
    }
}
