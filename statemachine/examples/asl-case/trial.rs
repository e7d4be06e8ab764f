//! One state in isolation, as in the TestState API: the state runs within a machine of its own, a mock answers its call,
//! and every transition leads to a placeholder.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use statemachine::{
    Definition, Effect, End, Event, Execution, Frame, HistoryEvent, LoadError, Message, Seed, Status,
    Substitutions, start, step,
};

/// The name of the state in `$states.context`, as recorded.
const NAME: &str = "StateName";
const CALL: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
/// The place of the state's Arguments in those of [`CALL`].
const ARGUMENTS: &str = "Arguments/MessageBody/Arguments";

pub struct Trial {
    /// The state with placeholders, its call replaced.
    state: Map<String, Value>,
    /// The targets of `next-0`, `next-1` and so on.
    targets: Vec<String>,
    /// Whether the state is a Task or a Parallel.
    calls: bool,
    variables: Map<String, Value>,
}

/// How the state's visit ended.
#[derive(Default)]
pub struct Outcome {
    pub status: &'static str,
    pub next_state: Option<String>,
    pub output: Option<Value>,
    pub error: Option<String>,
    pub cause: Option<String>,
    /// The evaluated Arguments of a Task or Parallel.
    pub arguments: Option<Value>,
    pub catch_index: Option<usize>,
    /// Seconds before the next attempt.
    pub backoff_s: Option<i64>,
}

impl Trial {
    pub fn of(state: &Map<String, Value>, variables: Map<String, Value>) -> Trial {
        let calls = matches!(state.get("Type").and_then(Value::as_str), Some("Task" | "Parallel"));
        let mut trial = Trial { state: state.clone(), targets: Vec::new(), calls, variables };
        trial.replace_targets();
        if calls {
            trial.replace_call();
        }
        trial
    }

    pub fn calls(&self) -> bool {
        self.calls
    }

    fn replace_targets(&mut self) {
        let mut state = std::mem::take(&mut self.state);
        for field in ["Next", "Default"] {
            if let Some(target) = state.get_mut(field) {
                self.replace_target(target);
            }
        }
        for rule in state.get_mut("Choices").and_then(Value::as_array_mut).into_iter().flatten() {
            self.replace_target(&mut rule["Next"]);
        }
        for catcher in state.get_mut("Catch").and_then(Value::as_array_mut).into_iter().flatten() {
            self.replace_target(&mut catcher["Next"]);
        }
        self.state = state;
    }

    fn replace_target(&mut self, target: &mut Value) {
        if let Value::String(name) = target {
            self.targets.push(std::mem::replace(name, format!("next-{}", self.targets.len())));
        }
    }

    fn replace_call(&mut self) {
        let arguments = self.state.remove("Arguments").unwrap_or_else(|| "{% $states.input %}".into());
        self.state.remove("Branches");
        self.state.insert("Type".into(), "Task".into());
        self.state.insert("Resource".into(), CALL.into());
        let arguments = json!({"QueueUrl": "mock", "MessageBody": {"Arguments": arguments}});
        self.state.insert("Arguments".into(), arguments);
        for retrier in self.state.get_mut("Retry").and_then(Value::as_array_mut).into_iter().flatten() {
            retrier.as_object_mut().map(|retrier| retrier.remove("JitterStrategy"));
        }
    }

    /// Runs the state. The mock answers each call, after `retries` attempts with the same answer; only the first
    /// `retriers` are kept.
    pub fn run(
        &self,
        execution: Execution,
        mock: Option<&Event>,
        retries: u64,
        retriers: usize,
    ) -> Result<Outcome, LoadError> {
        let definition = Definition::load(&self.machine(retriers).to_string(), &Substitutions::new())?;
        let (frame, effects) =
            start(&definition, execution, Seed::from_bytes([42; 32]), Timestamp::UNIX_EPOCH);
        let now = Timestamp::UNIX_EPOCH;
        let mut visit = Visit { definition, frame, now, history: Vec::new(), end: None };
        visit.apply(effects, mock);
        let mut left = retries;
        while let Some(at) = visit.frame.next_deadline().filter(|_| visit.exit().is_none()) {
            if self.calls && left == 0 {
                break;
            }
            left = left.saturating_sub(1);
            visit.now = visit.now.max(at);
            visit.event(Event::Tick, mock);
        }
        Ok(self.outcome(&visit))
    }

    fn machine(&self, retriers: usize) -> Value {
        let mut state = self.state.clone();
        if let Some(Value::Array(handlers)) = state.get_mut("Retry") {
            handlers.truncate(retriers);
        }
        // A JSONPath state assigns literals as they are.
        let first = json!({"Type": "Pass", "Assign": self.variables, "Next": NAME});
        let mut states = json!({NAME: state, "Variables": first});
        for index in 0..self.targets.len() {
            states[format!("next-{index}")] = json!({"Type": "Succeed"});
        }
        json!({"StartAt": "Variables", "States": states})
    }

    fn outcome(&self, visit: &Visit) -> Outcome {
        let scheduled = visit.history.iter().find_map(|event| event.parameters.as_ref());
        let mut outcome = Outcome {
            arguments: scheduled.map(|parameters| parameters["MessageBody"]["Arguments"].clone()),
            ..Outcome::default()
        };
        let caught = self.state.get("Catch").and_then(Value::as_array).map_or(0, Vec::len);
        match visit.exit() {
            Some((exit, next)) => {
                let next = next.and_then(|name| name.strip_prefix("next-")?.parse::<usize>().ok());
                let first_catcher = self.targets.len() - caught;
                outcome.catch_index = next.and_then(|next| next.checked_sub(first_catcher));
                outcome.next_state = next.map(|next| self.targets[next].clone());
                outcome.output = exit.output.clone();
                outcome.status = if outcome.catch_index.is_some() { "CAUGHT_ERROR" } else { "SUCCEEDED" };
            }
            None if visit.end.is_some() => outcome.status = "FAILED",
            None => {
                outcome.status = "RETRIABLE";
                let wait = visit.frame.next_deadline().map(|at| at.as_second() - visit.now.as_second());
                outcome.backoff_s = wait;
            }
        }
        if outcome.status != "SUCCEEDED" {
            let (error, cause) = visit.failure();
            outcome.error = error;
            outcome.cause = cause.map(|cause| cause.replace(ARGUMENTS, "Arguments"));
        }
        outcome
    }
}

struct Visit {
    definition: Definition,
    frame: Frame,
    now: Timestamp,
    history: Vec<HistoryEvent>,
    end: Option<End>,
}

impl Visit {
    fn apply(&mut self, effects: Vec<Effect>, mock: Option<&Event>) {
        let mut sent = None;
        for effect in effects {
            match effect {
                Effect::History(event) => self.history.push(event),
                Effect::SendMessage(message) => sent = Some(message),
                Effect::Ended(end) => self.end = Some(end),
                Effect::KillToken { .. } | Effect::Continue => {}
            }
        }
        if let (Some(Message { task, .. }), Some(mock)) = (sent, mock) {
            let answer = match mock.clone() {
                Event::TaskFailed { error, cause, .. } => Event::TaskFailed { task, error, cause },
                Event::TaskSucceeded { output, .. } => Event::TaskSucceeded { task, output },
                other => other,
            };
            self.event(answer, Some(mock));
        }
    }

    fn event(&mut self, event: Event, mock: Option<&Event>) {
        let step = step(&self.definition, &mut self.frame, event, self.now);
        self.apply(step.effects, mock);
    }

    /// The event of the state's exit, and the name of the state entered after it.
    fn exit(&self) -> Option<(&HistoryEvent, Option<&str>)> {
        let is_exit = |event: &HistoryEvent| event.output.is_some() && event.name.as_deref() == Some(NAME);
        let index = self.history.iter().position(is_exit)?;
        let next = self.history.get(index + 1).and_then(|event| event.name.as_deref());
        Some((&self.history[index], next))
    }

    /// Error and cause of the failed execution, else of the last event that has one.
    fn failure(&self) -> (Option<String>, Option<String>) {
        match (&self.end, self.history.iter().rev().find(|event| event.error.is_some())) {
            (Some(End { status: Status::Failed, error, cause, .. }), _) => (error.clone(), cause.clone()),
            (_, Some(event)) => (event.error.clone(), event.cause.clone()),
            (_, None) => (None, None),
        }
    }
}
