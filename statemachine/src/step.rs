//! The interpreter's two functions: the start of an execution, and its steps.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::definition::Definition;
use crate::failure::{Failure, RUNTIME, check_state};
use crate::frame::{Counters, Execution, FRAME_VERSION, Frame};
use crate::history::{EventKind, HistoryEvent};
use crate::host::{Effect, End, Event, Status};
use crate::limits::HISTORY_LIMIT;
use crate::run::{Progress, Run};
use crate::seed::Seed;
use crate::strand::Strand;
use crate::time::{after_seconds, millis};
use crate::value::is_too_deep;

/// The result of [`step`].
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Whether the execution waited for the event. If not, the event changed nothing, and a worker's call is answered
    /// with `TaskTimedOut`.
    pub accepted: bool,
    /// The actions for the host, in order.
    pub effects: Vec<Effect>,
}

/// Starts an execution and runs it until it waits or ends.
pub fn start(
    definition: &Definition,
    execution: Execution,
    seed: Seed,
    now: Timestamp,
) -> (Frame, Vec<Effect>) {
    let started_at = millis(now);
    let too_deep = is_too_deep(&execution.input);
    let input = if too_deep { Value::Null } else { execution.input.clone() };
    let root = Strand::new(&definition.machine.start_at, input.clone(), Map::new(), 0);
    let mut frame = Frame {
        version: FRAME_VERSION,
        definition: definition.hash.clone(),
        status: Status::Running,
        execution: Execution { input, ..execution },
        started_at,
        timeout_at: definition.timeout_s.map(|s| after_seconds(started_at, s)),
        seed,
        counters: Counters::default(),
        root: Some(root),
    };
    let effects = frame.burst(started_at, |run, strand| {
        let event = HistoryEvent {
            input: Some(run.execution.input.clone()),
            ..HistoryEvent::new(EventKind::ExecutionStarted)
        };
        run.record_after(0, event);
        if too_deep {
            return Progress::Failed(Failure::new(RUNTIME, "The input is nested too deep."));
        }
        match check_state(&strand.input, &strand.state) {
            Ok(()) => run.drive(&definition.machine, strand),
            Err(failure) => Progress::Failed(failure),
        }
    });
    (frame, effects)
}

/// Applies one event to an execution and runs it until it waits again or ends. Deadlines up to `now` come first: an
/// answer at or after its task's time limit is too late.
///
/// The definition must be the one that the execution was started with ([`Frame::definition`] is its hash).
pub fn step(definition: &Definition, frame: &mut Frame, event: Event, now: Timestamp) -> Step {
    let now = millis(now);
    if frame.status != Status::Running {
        return Step { accepted: false, effects: Vec::new() };
    }
    if let Event::Stop { error, cause } = event {
        let end = End { status: Status::Aborted, output: None, error, cause };
        return Step { accepted: true, effects: frame.cut_off(now, EventKind::ExecutionAborted, 0, end) };
    }
    let mut effects = Vec::new();
    if frame.deadline().is_some_and(|at| at <= now) {
        effects = frame.pass_deadlines(definition, now);
    }
    let paused = matches!(effects.last(), Some(Effect::Continue));
    let Some(task) = event.task() else { return Step { accepted: true, effects } };
    let Some(waiting) = frame.root.as_mut().and_then(|root| root.waiting_for(task)) else {
        return Step { accepted: false, effects };
    };
    waiting.arrived = Some(event);
    if paused {
        effects.pop();
    }
    effects.extend(frame.burst(now, |run, strand| run.drive(&definition.machine, strand)));
    Step { accepted: true, effects }
}

impl Frame {
    fn pass_deadlines(&mut self, definition: &Definition, now: i64) -> Vec<Effect> {
        if self.timeout_at.is_some_and(|at| at <= now) {
            let end = End { status: Status::TimedOut, output: None, error: None, cause: None };
            let previous = self.counters.events;
            return self.cut_off(now, EventKind::ExecutionTimedOut, previous, end);
        }
        self.burst(now, |run, strand| run.drive(&definition.machine, strand))
    }

    /// Runs the root strand, and ends the execution with it.
    fn burst(&mut self, now: i64, drive: impl FnOnce(&mut Run, &mut Strand) -> Progress) -> Vec<Effect> {
        let Some(mut root) = self.root.take() else { return Vec::new() };
        let mut run = Run::new(&self.execution, &self.seed, self.started_at, &mut self.counters, now);
        let mut progress = drive(&mut run, &mut root);
        if run.overflow {
            progress = Progress::Failed(Failure::new(
                RUNTIME,
                format!("The execution reached the maximum number of history events ({HISTORY_LIMIT})."),
            ));
        }
        let mut effects = std::mem::take(&mut run.effects);
        let previous = root.previous;
        let (kind, end) = match progress {
            Progress::Waiting | Progress::Paused => {
                if progress == Progress::Paused {
                    effects.push(Effect::Continue);
                }
                self.root = Some(root);
                return effects;
            }
            Progress::Done(output) => (
                EventKind::ExecutionSucceeded,
                End { status: Status::Succeeded, output: Some(output), error: None, cause: None },
            ),
            Progress::Failed(Failure { error, cause, .. }) => {
                (EventKind::ExecutionFailed, End { status: Status::Failed, output: None, error, cause })
            }
        };
        self.root = Some(root);
        effects.extend(self.cut_off(now, kind, previous, end));
        effects
    }

    /// Ends the execution and kills its valid tokens.
    fn cut_off(&mut self, now: i64, kind: EventKind, previous: u64, end: End) -> Vec<Effect> {
        let tokens = self.tokens();
        let mut effects: Vec<Effect> = tokens.into_iter().map(|task| Effect::KillToken { task }).collect();
        self.counters.events += 1;
        self.counters.transitions += 1;
        effects.push(Effect::History(HistoryEvent {
            id: self.counters.events,
            previous_event_id: previous,
            timestamp_ms: now,
            output: end.output.clone(),
            error: end.error.clone(),
            cause: end.cause.clone(),
            ..HistoryEvent::new(kind)
        }));
        self.status = end.status;
        self.timeout_at = None;
        self.root = None;
        effects.push(Effect::Ended(end));
        effects
    }
}
