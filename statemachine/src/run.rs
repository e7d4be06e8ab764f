//! One burst of an execution: the strands run until each of them waits, and what they ask for is collected.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::definition::{Kind, Machine, State};
use crate::effect::Effect;
use crate::exit::too_large;
use crate::failure::{Failure, QUERY};
use crate::frame::{Counters, Execution};
use crate::history::{EventKind, HistoryEvent};
use crate::limits::{HISTORY_LIMIT, TRANSITIONS_PER_STEP};
use crate::scope::{EvaluationError, Scope};
use crate::seed::Seed;
use crate::strand::{Activity, Strand};
use crate::time::Millis;

/// The execution around the strands, and what this burst did so far.
pub(crate) struct Run<'a> {
    pub execution: &'a Execution,
    pub seed: &'a Seed,
    pub started_at: Millis,
    pub counters: &'a mut Counters,
    pub now: Millis,
    pub effects: Vec<Effect>,
    /// Transitions at which this burst pauses.
    pub pause_at: u64,
    /// The history is full.
    pub overflow: bool,
}

/// Where a strand stands after it ran.
#[derive(Debug, PartialEq)]
pub(crate) enum Progress {
    /// Everything in it waits.
    Waiting,
    /// It could go on, but the burst has used up its transitions.
    Paused,
    Done(Value),
    Failed(Failure),
}

/// What a state does next.
pub(crate) enum Flow {
    /// The strand's activity says what it waits for.
    Wait,
    /// The state's work is to be done again.
    Again,
    Pause,
    /// The state was left for another.
    Goto(String, Value),
    /// The state was left, and the strand with it.
    Done(Value),
    Failed(Failure),
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

    /// Runs a strand as far as it gets.
    pub fn drive(&mut self, machine: &Machine, strand: &mut Strand) -> Progress {
        loop {
            let Some(state) = machine.states.get(&strand.state) else {
                return Progress::Failed(Failure::new(
                    crate::failure::RUNTIME,
                    format!("The definition has no state '{}'.", strand.state),
                ));
            };
            if self.overflow {
                return Progress::Paused;
            }
            match self.advance(state, strand) {
                Flow::Wait => return Progress::Waiting,
                Flow::Again => {}
                Flow::Pause => return Progress::Paused,
                Flow::Done(output) => return Progress::Done(output),
                Flow::Failed(failure) => return Progress::Failed(failure),
                Flow::Goto(next, input) => {
                    strand.state = next;
                    strand.input = input;
                    strand.retries.clear();
                    strand.activity = Activity::Enter;
                }
            }
        }
    }

    fn advance(&mut self, state: &State, strand: &mut Strand) -> Flow {
        match std::mem::replace(&mut strand.activity, Activity::Again) {
            Activity::Enter if self.is_exhausted() => {
                strand.activity = Activity::Enter;
                Flow::Pause
            }
            Activity::Enter => self.enter(state, strand),
            Activity::Again if self.is_exhausted() => Flow::Pause,
            Activity::Again => {
                self.counters.transitions += 1;
                self.work(state, strand)
            }
            Activity::Task(task) => self.attend(state, strand, task),
            Activity::Wait { until } if until <= self.now => self.exit(state, strand, None),
            // The activity is already `Again`: the next turn does the state's work once more.
            Activity::Backoff { until } if until <= self.now => Flow::Again,
            Activity::Parallel(branches) => self.drive_branches(state, strand, branches),
            waiting => {
                strand.activity = waiting;
                Flow::Wait
            }
        }
    }

    fn is_exhausted(&self) -> bool {
        self.counters.transitions >= self.pause_at
    }

    fn enter(&mut self, state: &State, strand: &mut Strand) -> Flow {
        self.counters.transitions += 1;
        strand.entered_at = self.now;
        let event = HistoryEvent {
            name: Some(strand.state.clone()),
            input: Some(strand.input.clone()),
            ..HistoryEvent::new(entered(&state.kind))
        };
        self.record(strand, event);
        strand.entered = strand.previous;
        self.work(state, strand)
    }

    /// The state's own work, once more for every retry.
    pub fn work(&mut self, state: &State, strand: &mut Strand) -> Flow {
        match &state.kind {
            Kind::Task(task) => self.schedule(state, task, strand),
            Kind::Parallel(parallel) => self.start_branches(state, parallel, strand),
            Kind::Choice(choice) => self.choose(state, choice, strand),
            Kind::Wait(wait) => self.wait(wait, state, strand),
            Kind::Fail(fail) => self.fail(fail, state, strand),
            Kind::Pass | Kind::Succeed => self.exit(state, strand, None),
        }
    }

    /// Appends to the history; the strand's next event follows on it.
    pub fn record(&mut self, strand: &mut Strand, event: HistoryEvent) {
        let previous = strand.previous;
        strand.previous = self.record_after(previous, event);
    }

    /// Appends to the history and gives the event's id. The last place is kept for the execution's end.
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

    /// Evaluates something of a state, with `extra` in `$states`; the random numbers drawn are kept count of.
    pub fn evaluate<T>(
        &mut self,
        state: &State,
        strand: &Strand,
        extra: Extra,
        read: impl FnOnce(&mut Scope) -> Result<T, EvaluationError>,
    ) -> Result<T, EvaluationError> {
        let draws = Rc::new(Cell::new(self.counters.draws));
        let mut scope = Scope {
            execution: self.execution,
            started_at: self.started_at,
            strand,
            retries: matches!(state.kind, Kind::Task(_) | Kind::Parallel(_)),
            token: extra.token,
            result: extra.result,
            error: extra.error,
            seed: self.seed,
            draws: Rc::clone(&draws),
            now: self.now,
            evaluator: None,
        };
        let read = read(&mut scope);
        self.counters.draws = draws.get();
        read
    }

    /// Records that a field has no value, and makes it the failure that Retry and Catch see.
    pub fn evaluation_failed(&mut self, strand: &mut Strand, error: EvaluationError) -> Failure {
        if error.too_large {
            return too_large(&strand.state);
        }
        let cause = format!("{} {}", in_state(strand), error.message);
        let event = HistoryEvent {
            error: Some(QUERY.to_owned()),
            cause: Some(cause.clone()),
            location: Some(error.location),
            state: Some(strand.state.clone()),
            ..HistoryEvent::new(EventKind::EvaluationFailed)
        };
        let previous = if error.follows_entry { strand.previous } else { 0 };
        strand.previous = self.record_after(previous, event);
        Failure::new(QUERY, cause)
    }
}

/// What `$states` has beside input and context.
#[derive(Default, Clone, Copy)]
pub(crate) struct Extra<'a> {
    pub token: Option<&'a str>,
    pub result: Option<&'a Value>,
    pub error: Option<&'a Value>,
}

/// How causes begin that name a state.
pub(crate) fn in_state(strand: &Strand) -> String {
    format!(
        "An error occurred while executing the state '{}' (entered at the event id #{}).",
        strand.state, strand.entered
    )
}

/// The variables that an exit assigns; `None` in the event if there are none.
pub(crate) fn assigned(variables: &Map<String, Value>) -> Option<Map<String, Value>> {
    (!variables.is_empty()).then(|| variables.clone())
}

fn entered(kind: &Kind) -> EventKind {
    match kind {
        Kind::Task(_) => EventKind::TaskStateEntered,
        Kind::Choice(_) => EventKind::ChoiceStateEntered,
        Kind::Parallel(_) => EventKind::ParallelStateEntered,
        Kind::Wait(_) => EventKind::WaitStateEntered,
        Kind::Pass => EventKind::PassStateEntered,
        Kind::Succeed => EventKind::SucceedStateEntered,
        Kind::Fail(_) => EventKind::FailStateEntered,
    }
}
