//! One burst: a strand runs from state to state until it waits, ends or has used up its transitions.

use crate::definition::{Kind, Machine, State};
use crate::failure::{Failure, RUNTIME};
use crate::history::{EventKind, HistoryEvent};
use crate::run::{Flow, Progress, Run};
use crate::strand::{Activity, Strand};

impl Run<'_> {
    /// Runs a strand as far as possible, the branches of its Parallel state included.
    pub fn drive(&mut self, machine: &Machine, strand: &mut Strand) -> Progress {
        loop {
            let Some(state) = machine.states.get(&strand.state) else {
                let cause = format!("The definition has no state '{}'.", strand.state);
                return Progress::Failed(Failure::new(RUNTIME, cause));
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
            // The activity is `Again` already: the next turn repeats the state's work.
            Activity::Backoff { until } if until <= self.now => Flow::Again,
            Activity::Parallel(branches) => self.drive_branches(state, strand, branches),
            waiting => {
                strand.activity = waiting;
                Flow::Wait
            }
        }
    }

    fn enter(&mut self, state: &State, strand: &mut Strand) -> Flow {
        self.counters.transitions += 1;
        strand.entered_at = self.now;
        let event = HistoryEvent {
            name: Some(strand.state.clone()),
            input: Some(strand.input.clone()),
            ..HistoryEvent::new(entered(&state.kind))
        };
        let before = strand.previous;
        self.record(strand, event);
        strand.entered = strand.previous;
        strand.before_entry = Some(before);
        self.work(state, strand)
    }

    /// Does the state's own work; retries repeat it.
    fn work(&mut self, state: &State, strand: &mut Strand) -> Flow {
        match &state.kind {
            Kind::Task(task) => self.schedule(state, task, strand),
            Kind::Parallel(parallel) => self.start_branches(state, parallel, strand),
            Kind::Choice(choice) => self.choose(state, choice, strand),
            Kind::Wait(wait) => self.wait(wait, state, strand),
            Kind::Fail(fail) => self.fail(fail, state, strand),
            Kind::Pass | Kind::Succeed => self.exit(state, strand, None),
        }
    }
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
