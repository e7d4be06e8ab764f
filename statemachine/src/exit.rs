//! Leaving a state: its variables, output and transition, or the Retry and Catch of its failure.

use serde_json::{Map, Value};

use crate::definition::{Assign, Kind, Next, Retrier, State};
use crate::failure::{DATA_LIMIT, Failure, check_state};
use crate::history::{EventKind, HistoryEvent};
use crate::limits::{MAX_OUTPUT_BYTES, MAX_SECONDS, MAX_VARIABLES_BYTES};
use crate::run::{Bindings, Flow, Run};
use crate::scope::{EvaluationError, Scope};
use crate::strand::{Activity, Strand};
use crate::template::Template;
use crate::time::Millis;
use crate::value::{is_too_deep, size};

/// One exit of a state: its own, a choice rule's or a catcher's.
pub(crate) struct Exit<'a> {
    pub assign: &'a Assign,
    pub output: Option<&'a Template>,
    pub next: &'a Next,
    /// Before the names of the fields in errors: `Catch[0]/`.
    pub prefix: String,
}

impl Run<'_> {
    /// Leaves a state after its work. `result` is that of a task or of branches; other states pass their input on.
    pub fn exit(&mut self, state: &State, strand: &mut Strand, result: Option<Value>) -> Flow {
        let exit = Exit {
            assign: &state.assign,
            output: state.output.as_ref(),
            next: &state.next,
            prefix: String::new(),
        };
        let bindings = Bindings { result: result.as_ref(), ..Bindings::default() };
        match self.leave(state, strand, exit, bindings) {
            Ok(flow) => flow,
            Err(failure) => self.handle(state, strand, failure),
        }
    }

    /// Leaves a state through one exit. Without an Output, the output is the error or result in `bindings`, else the
    /// input.
    pub fn leave(
        &mut self,
        state: &State,
        strand: &mut Strand,
        exit: Exit,
        bindings: Bindings,
    ) -> Result<Flow, Failure> {
        let computed = self.evaluate(state, strand, bindings, |scope| exit.compute(scope));
        let (variables, output) = match computed {
            Ok(computed) => computed,
            Err(error) => return Err(self.evaluation_failed(strand, error)),
        };
        let default = || bindings.error.or(bindings.result).unwrap_or(&strand.input).clone();
        let output = output.unwrap_or_else(default);
        check_state(&output, &strand.state)?;
        check_variables(strand, &variables)?;
        let event = HistoryEvent {
            name: Some(strand.state.clone()),
            output: Some(output.clone()),
            assigned_variables: (!variables.is_empty()).then(|| variables.clone()),
            ..HistoryEvent::new(exited(&state.kind))
        };
        self.record(strand, event);
        strand.variables.extend(variables);
        Ok(match exit.next {
            Next::State(next) => Flow::Goto(next.clone(), output),
            Next::End => Flow::Done(output),
        })
    }

    /// Handles a failure: retries, catches, or fails the strand.
    pub fn handle(&mut self, state: &State, strand: &mut Strand, failure: Failure) -> Flow {
        match self.retry(state, strand, &failure) {
            Some(flow) => flow,
            None => self.catch(state, strand, failure),
        }
    }

    /// Waits for the next attempt, if the first matching retrier allows one.
    pub fn retry(&mut self, state: &State, strand: &mut Strand, failure: &Failure) -> Option<Flow> {
        let delay = self.retry_delay(state, strand, failure)?;
        strand.activity = Activity::Backoff { until: self.now.saturating_add(delay) };
        strand.before_entry = None;
        Some(Flow::Wait)
    }

    /// The delay before the next attempt; counts the attempt.
    fn retry_delay(&mut self, state: &State, strand: &mut Strand, failure: &Failure) -> Option<Millis> {
        let matching = |(_, retrier): &(usize, &Retrier)| failure.matches_any(&retrier.errors);
        let (index, retrier) = state.retry().iter().enumerate().find(matching)?;
        let attempts = strand.retries.entry(index).or_insert(0);
        if *attempts >= retrier.max_attempts {
            return None;
        }
        let delay = retrier.delay_s(*attempts);
        *attempts += 1;
        if !retrier.full_jitter {
            return Some((delay * 1_000.0) as Millis);
        }
        let fraction = self.seed.fraction(self.counters.draws);
        self.counters.draws += 1;
        Some((delay * 1_000.0 * fraction) as Millis)
    }

    /// Leaves through the first matching catcher, or fails the strand. A failure of the catcher itself is not caught.
    pub fn catch(&mut self, state: &State, strand: &mut Strand, failure: Failure) -> Flow {
        let mut catchers = state.catch().iter().enumerate();
        let Some((index, catcher)) = catchers.find(|(_, catcher)| failure.matches_any(&catcher.errors))
        else {
            return Flow::Failed(failure);
        };
        let next = Next::State(catcher.next.clone());
        let prefix = format!("Catch[{index}]/");
        let exit = Exit { assign: &catcher.assign, output: catcher.output.as_ref(), next: &next, prefix };
        let error = failure.output();
        let bindings = Bindings { error: Some(&error), ..Bindings::default() };
        self.leave(state, strand, exit, bindings).unwrap_or_else(Flow::Failed)
    }
}

impl Exit<'_> {
    fn compute(&self, scope: &mut Scope) -> Result<(Map<String, Value>, Option<Value>), EvaluationError> {
        let mut variables = Map::new();
        for (name, value) in self.assign {
            let location = format!("{}Assign/{name}", self.prefix);
            variables.insert(name.clone(), value.render(scope, &location)?);
        }
        let location = format!("{}Output", self.prefix);
        let output = self.output.map(|output| output.render(scope, &location)).transpose()?;
        Ok((variables, output))
    }
}

impl Retrier {
    /// Seconds before the attempt that follows `attempts` retries, before any jitter.
    fn delay_s(&self, attempts: u64) -> f64 {
        let exponent = i32::try_from(attempts).unwrap_or(i32::MAX);
        let max = self.max_delay_s.unwrap_or(MAX_SECONDS) as f64;
        (self.interval_s as f64 * self.backoff_rate.powi(exponent)).min(max)
    }
}

/// The variables of one Assign together are limited like an output; all variables of the scope have a limit of their own.
fn check_variables(strand: &Strand, new: &Map<String, Value>) -> Result<(), Failure> {
    let total = |variables: &mut dyn Iterator<Item = (&String, &Value)>| -> usize {
        variables.map(|(name, value)| name.len() + size(value)).sum()
    };
    if new.values().any(is_too_deep) || total(&mut new.iter()) > MAX_OUTPUT_BYTES {
        return Err(Failure::state_too_large(&strand.state));
    }
    let kept = strand.variables.iter().filter(|(name, _)| !new.contains_key(*name));
    if total(&mut kept.chain(new)) > MAX_VARIABLES_BYTES {
        return Err(Failure::new(DATA_LIMIT, "The variables are larger than 10 MiB together."));
    }
    Ok(())
}

fn exited(kind: &Kind) -> EventKind {
    match kind {
        Kind::Task(_) => EventKind::TaskStateExited,
        Kind::Choice(_) => EventKind::ChoiceStateExited,
        Kind::Parallel(_) => EventKind::ParallelStateExited,
        Kind::Wait(_) => EventKind::WaitStateExited,
        Kind::Pass => EventKind::PassStateExited,
        // A Fail state is never left.
        Kind::Succeed | Kind::Fail(_) => EventKind::SucceedStateExited,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays() {
        let retrier = |rate, max| Retrier {
            errors: Vec::new(),
            interval_s: 2,
            max_attempts: 9,
            backoff_rate: rate,
            max_delay_s: max,
            full_jitter: false,
        };
        for (rate, max, attempts, wanted) in [
            (2.0, None, 0, 2.0),
            (2.0, None, 3, 16.0),
            (1.5, None, 2, 4.5),
            (1.0, None, 50, 2.0),
            (2.0, Some(10), 3, 10.0),
            (2.0, None, u64::MAX, 99_999_999.0),
        ] {
            assert_eq!(retrier(rate, max).delay_s(attempts), wanted, "{rate} {max:?} {attempts}");
        }
    }
}
