//! Leaving a state: what it assigns, what it puts out, where it leads.

use serde_json::{Map, Value};

use crate::definition::{Assign, Kind, Next, State};
use crate::failure::{DATA_LIMIT, Failure};
use crate::history::{EventKind, HistoryEvent};
use crate::limits::{MAX_OUTPUT_BYTES, MAX_VARIABLES_BYTES};
use crate::run::{Extra, Flow, Run, assigned};
use crate::scope::{EvaluationError, Scope};
use crate::strand::Strand;
use crate::template::Template;
use crate::value::{is_too_deep, size};

/// How one way out of a state computes its variables and output.
pub(crate) struct Way<'a> {
    pub assign: &'a Assign,
    pub output: Option<&'a Template>,
    pub next: &'a Next,
    /// `Catch[0]/`, for the names of its fields in errors.
    pub prefix: String,
}

impl Run<'_> {
    /// Leaves a state that did its work. `result` is a task's or the branches'; other states pass their input on.
    pub fn exit(&mut self, state: &State, strand: &mut Strand, result: Option<Value>) -> Flow {
        let way = Way {
            assign: &state.assign,
            output: state.output.as_ref(),
            next: &state.next,
            prefix: String::new(),
        };
        let extra = Extra { result: result.as_ref(), ..Extra::default() };
        match self.leave(state, strand, way, extra) {
            Ok(flow) => flow,
            Err(failure) => self.handle(state, strand, failure),
        }
    }

    /// Leaves a state by one of its ways; the output is the way's, or the result or error in `extra`, or the input.
    pub fn leave(
        &mut self,
        state: &State,
        strand: &mut Strand,
        way: Way,
        extra: Extra,
    ) -> Result<Flow, Failure> {
        let computed = self.evaluate(state, strand, extra, |scope| way.compute(scope));
        let (variables, output) = match computed {
            Ok(computed) => computed,
            Err(error) => return Err(self.evaluation_failed(strand, error)),
        };
        let output = output.unwrap_or_else(|| extra.error.or(extra.result).unwrap_or(&strand.input).clone());
        check_size(&output, &described(state, strand))?;
        check_variables(strand, &variables)?;
        let event = HistoryEvent {
            name: Some(strand.state.clone()),
            output: Some(output.clone()),
            assigned_variables: assigned(&variables),
            ..HistoryEvent::new(exited(&state.kind))
        };
        self.record(strand, event);
        strand.variables.extend(variables);
        Ok(match way.next {
            Next::State(next) => Flow::Goto(next.clone(), output),
            Next::End => Flow::Done(output),
        })
    }
}

impl Way<'_> {
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

/// The limit on what a state or task may put out.
pub(crate) fn check_size(output: &Value, of: &str) -> Result<(), Failure> {
    if is_too_deep(output) || size(output) > MAX_OUTPUT_BYTES { Err(too_large(of)) } else { Ok(()) }
}

pub(crate) fn too_large(of: &str) -> Failure {
    let cause = format!(
        "The state/task '{of}' returned a result with a size exceeding the maximum number of bytes service limit."
    );
    Failure::new(DATA_LIMIT, cause)
}

fn check_variables(strand: &Strand, new: &Map<String, Value>) -> Result<(), Failure> {
    for (name, value) in new {
        check_size(value, name)?;
    }
    let kept = strand.variables.iter().filter(|(name, _)| !new.contains_key(*name));
    let total: usize = kept.chain(new).map(|(name, value)| name.len() + size(value)).sum();
    if total > MAX_VARIABLES_BYTES {
        return Err(Failure::new(DATA_LIMIT, "The variables are larger than 10 MiB together."));
    }
    Ok(())
}

fn described(state: &State, strand: &Strand) -> String {
    match &state.kind {
        Kind::Task(task) => task.resource.clone(),
        _ => strand.state.clone(),
    }
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
