//! One state in isolation, with what it would call replaced: Step Functions' TestState.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::definition::{Kind, Machine, State};
use crate::failure::Failure;
use crate::fields::{LoadError, LoadErrorKind, Path};
use crate::frame::{Counters, Execution};
use crate::load_state::{Language, Reader, Resources};
use crate::retry::matching;
use crate::run::{Extra, Flow, Run};
use crate::seed::Seed;
use crate::strand::{Activity, Strand};
use crate::substitute::Substitutions;
use crate::time::{Millis, millis};

/// The state to try and what surrounds it.
#[derive(Debug, Clone)]
pub struct Trial<'a> {
    /// A state, or a whole definition.
    pub definition: &'a Value,
    /// The state's name, if `definition` is a whole definition.
    pub state: Option<&'a str>,
    /// What `$states.context` says; its input is the state's.
    pub execution: &'a Execution,
    /// Variables that are assigned before the state.
    pub variables: Map<String, Value>,
    /// What a Task or Parallel would have called.
    pub mock: Option<Mock>,
    /// How often the matching retrier has retried already.
    pub retries: u64,
}

/// What stands for the outside.
#[derive(Debug, Clone)]
pub enum Mock {
    /// The call's result.
    Result(Value),
    /// The call's failure.
    Error {
        /// Its name.
        error: Option<String>,
        /// Its cause.
        cause: Option<String>,
    },
}

/// How a trial came out, as TestState names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // The names are Step Functions' own.
pub enum Outcome {
    Succeeded,
    Failed,
    Retriable,
    CaughtError,
}

impl Outcome {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Succeeded => "SUCCEEDED",
            Outcome::Failed => "FAILED",
            Outcome::Retriable => "RETRIABLE",
            Outcome::CaughtError => "CAUGHT_ERROR",
        }
    }
}

/// What TestState answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// How it came out.
    pub outcome: Outcome,
    /// Where the state leads, unless it ends its machine.
    pub next_state: Option<String>,
    /// What it puts out.
    pub output: Option<Value>,
    /// Its error, caught or not.
    pub error: Option<String>,
    /// Its error's cause.
    pub cause: Option<String>,
    /// `inspectionData`: `{input, variables?, afterArguments?, result?, errorDetails?}`.
    pub inspection: Value,
}

/// What a state that is tried is called in `$states.context.State.Name`.
const NAME: &str = "StateName";

impl Trial<'_> {
    /// Runs the state once.
    ///
    /// # Errors
    /// The definition's, or that the state would call something and has no mock.
    pub fn run(&self, seed: &Seed, now: Timestamp) -> Result<Verdict, LoadError> {
        let state = self.load()?;
        let now = millis(now);
        let mut strand = Strand::new(NAME, self.execution.input.clone(), self.variables.clone(), 0);
        strand.entered_at = now;
        let mut counters = Counters::default();
        let mut run = Run::new(self.execution, seed, now, &mut counters, now);
        let mut inspection = json!({"input": self.execution.input});
        if !self.variables.is_empty() {
            inspection["variables"] = Value::Object(self.variables.clone());
        }
        let (flow, failure) = match &self.mock {
            Some(mock) => self.play(mock, &state, &mut run, &mut strand, &mut inspection),
            None if matches!(state.kind, Kind::Task(_) | Kind::Parallel(_)) => {
                return Err(Path::default().unsupported("a Task or Parallel is tried with a mock only"));
            }
            None => (run.work(&state, &mut strand), None),
        };
        let flow = match (flow, &strand.activity) {
            (Flow::Wait, Activity::Wait { .. }) => run.exit(&state, &mut strand, None),
            (flow, _) => flow,
        };
        Ok(verdict(flow, failure, inspection))
    }

    fn load(&self) -> Result<State, LoadError> {
        if let (Some(name), true) = (self.state, self.definition.get("States").is_some()) {
            let text = self.definition.to_string();
            let definition = crate::load::definition(&text, &Substitutions::new(), Resources::Any)?;
            return find(definition.machine, name).ok_or_else(|| {
                Path::default().error(LoadErrorKind::Transition, format!("there is no state '{name}'"))
            });
        }
        let mut reader = Reader::new(Resources::Any);
        reader.state(self.definition, Path::default(), Language::JsonPath)
    }

    /// The state's fields are evaluated as if it were called, then the mock answers.
    fn play(
        &self,
        mock: &Mock,
        state: &State,
        run: &mut Run,
        strand: &mut Strand,
        inspection: &mut Value,
    ) -> (Flow, Option<Failure>) {
        let arguments = match &state.kind {
            Kind::Task(task) => task.arguments.as_ref(),
            Kind::Parallel(parallel) => parallel.arguments.as_ref(),
            _ => None,
        };
        let token = run.seed.token(1);
        let extra = Extra { token: Some(&token), ..Extra::default() };
        let rendered = run.evaluate(state, strand, extra, |scope| {
            arguments.map(|arguments| arguments.render(scope, "Arguments")).transpose()
        });
        let shown = matches!(state.kind, Kind::Task(_));
        match rendered {
            Err(error) => {
                let failure = run.evaluation_failed(strand, error);
                return (run.handle(state, strand, failure.clone()), Some(failure));
            }
            Ok(Some(arguments)) if shown => inspection["afterArguments"] = arguments,
            Ok(_) => {}
        }
        match mock {
            Mock::Result(result) => {
                if shown {
                    inspection["result"] = result.clone();
                }
                (run.exit(state, strand, Some(result.clone())), None)
            }
            Mock::Error { error, cause } => {
                let failure = Failure { error: error.clone(), cause: cause.clone(), heartbeat: false };
                (self.fail(&failure, state, run, strand, inspection), Some(failure))
            }
        }
    }

    fn fail(
        &self,
        failure: &Failure,
        state: &State,
        run: &mut Run,
        strand: &mut Strand,
        inspection: &mut Value,
    ) -> Flow {
        let retrier = matching(state.retry(), |retrier| failure.matches_any(&retrier.errors));
        if let Some((index, _)) = retrier {
            strand.retries.insert(index, self.retries);
        }
        let flow = run.handle(state, strand, failure.clone());
        match (&flow, &strand.activity, retrier) {
            (Flow::Wait, Activity::Backoff { .. }, Some((index, retrier))) => {
                let delay = retrier.delay_s(self.retries) as Millis;
                inspection["errorDetails"] =
                    json!({"retryIndex": index, "retryBackoffIntervalSeconds": delay});
            }
            (Flow::Goto(..), _, _) => {
                let catcher = matching(state.catch(), |catcher| failure.matches_any(&catcher.errors));
                inspection["errorDetails"] = json!({"catchIndex": catcher.map(|(index, _)| index)});
            }
            _ => {}
        }
        flow
    }
}

/// The state of this name, in the machine or in a branch of it.
fn find(machine: Machine, name: &str) -> Option<State> {
    machine.states.into_iter().find_map(|(other, state)| {
        if other == name {
            return Some(state);
        }
        match state.kind {
            Kind::Parallel(parallel) => parallel.branches.into_iter().find_map(|branch| find(branch, name)),
            _ => None,
        }
    })
}

fn verdict(flow: Flow, failure: Option<Failure>, inspection: Value) -> Verdict {
    let (outcome, next_state, output, failure) = match flow {
        Flow::Failed(failure) => (Outcome::Failed, None, None, Some(failure)),
        Flow::Goto(next, output) if failure.is_some() => {
            (Outcome::CaughtError, Some(next), Some(output), failure)
        }
        Flow::Goto(next, output) => (Outcome::Succeeded, Some(next), Some(output), None),
        Flow::Done(output) => (Outcome::Succeeded, None, Some(output), None),
        Flow::Wait | Flow::Again | Flow::Pause => (Outcome::Retriable, None, None, failure),
    };
    let Failure { error, cause, .. } = failure.unwrap_or_default();
    Verdict { outcome, next_state, output, error, cause, inspection }
}
