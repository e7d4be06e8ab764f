//! The state of one burst: counters, effects and history so far, and the evaluation of a state's fields.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::Value;

use crate::definition::{Kind, State};
use crate::failure::{Failure, QUERY};
use crate::frame::{Counters, Execution};
use crate::history::{EventKind, HistoryEvent};
use crate::host::Effect;
use crate::limits::{HISTORY_LIMIT, TRANSITIONS_PER_STEP};
use crate::scope::{EvaluationError, Scope};
use crate::seed::Seed;
use crate::strand::Strand;
use crate::time::Millis;

pub(crate) struct Run<'a> {
    pub execution: &'a Execution,
    pub seed: &'a Seed,
    pub started_at: Millis,
    pub counters: &'a mut Counters,
    pub now: Millis,
    pub effects: Vec<Effect>,
    /// The number of transitions at which this burst pauses.
    pub pause_at: u64,
    /// The history is full.
    pub overflow: bool,
}

/// The progress of a strand after a burst.
#[derive(Debug, PartialEq)]
pub(crate) enum Progress {
    /// The strand and its branches wait.
    Waiting,
    /// The strand can continue, but the burst has used up its transitions.
    Paused,
    Done(Value),
    Failed(Failure),
}

/// The next step of a strand.
pub(crate) enum Flow {
    /// Wait for the strand's activity.
    Wait,
    /// Do the state's work again.
    Again,
    Pause,
    /// Enter another state with this input.
    Goto(String, Value),
    /// The machine or branch has ended.
    Done(Value),
    Failed(Failure),
}

/// The members of `$states` beside input and context.
#[derive(Default, Clone, Copy)]
pub(crate) struct Bindings<'a> {
    pub token: Option<&'a str>,
    pub result: Option<&'a Value>,
    pub error: Option<&'a Value>,
}

impl<'a> Run<'a> {
    pub fn new(
        execution: &'a Execution,
        seed: &'a Seed,
        started_at: Millis,
        counters: &'a mut Counters,
        now: Millis,
    ) -> Run<'a> {
        let pause_at = counters.transitions + TRANSITIONS_PER_STEP;
        Run { execution, seed, started_at, counters, now, effects: Vec::new(), pause_at, overflow: false }
    }

    pub fn is_exhausted(&self) -> bool {
        self.counters.transitions >= self.pause_at
    }

    /// Appends to the history; the strand's next event follows on the new one.
    pub fn record(&mut self, strand: &mut Strand, event: HistoryEvent) {
        strand.previous = self.record_after(strand.previous, event);
        strand.before_entry = None;
    }

    /// Appends to the history and returns the event's id. The last place is kept for the end of the execution.
    pub fn record_after(&mut self, previous: u64, mut event: HistoryEvent) -> u64 {
        if self.counters.events + 1 >= HISTORY_LIMIT {
            self.overflow = true;
            return previous;
        }
        self.counters.events += 1;
        event.id = self.counters.events;
        event.previous_event_id = previous;
        event.timestamp_ms = self.now;
        self.effects.push(Effect::History(event));
        self.counters.events
    }

    /// Evaluates fields of a state and counts the random numbers that they draw.
    pub fn evaluate<T>(
        &mut self,
        state: &State,
        strand: &Strand,
        bindings: Bindings,
        read: impl FnOnce(&mut Scope) -> Result<T, EvaluationError>,
    ) -> Result<T, EvaluationError> {
        let draws = Rc::new(Cell::new(self.counters.draws));
        let mut scope = Scope {
            execution: self.execution,
            started_at: self.started_at,
            strand,
            retries: matches!(state.kind, Kind::Task(_) | Kind::Parallel(_)),
            token: bindings.token,
            result: bindings.result,
            error: bindings.error,
            seed: self.seed,
            draws: Rc::clone(&draws),
            now: self.now,
            evaluator: None,
        };
        let read = read(&mut scope);
        self.counters.draws = draws.get();
        read
    }

    /// Records a failed evaluation and returns its failure for Retry and Catch. `EvaluationFailed` follows on the
    /// strand's last event, but on the one before the state's entry if the state was entered in this burst and has
    /// recorded nothing since.
    pub fn evaluation_failed(&mut self, strand: &mut Strand, error: EvaluationError) -> Failure {
        if error.too_large {
            return Failure::state_too_large(&strand.state);
        }
        let cause = format!("{} {}", in_state(strand), error.message);
        let event = HistoryEvent {
            error: Some(QUERY.to_owned()),
            cause: Some(cause.clone()),
            location: Some(error.location),
            state: Some(strand.state.clone()),
            ..HistoryEvent::new(EventKind::EvaluationFailed)
        };
        let previous = strand.before_entry.filter(|_| !error.follows_entry).unwrap_or(strand.previous);
        strand.before_entry = None;
        strand.previous = self.record_after(previous, event);
        Failure::new(QUERY, cause)
    }
}

/// The first sentence of causes that name a state.
pub(crate) fn in_state(strand: &Strand) -> String {
    format!(
        "An error occurred while executing the state '{}' (entered at the event id #{}).",
        strand.state, strand.entered
    )
}
