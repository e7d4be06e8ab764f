//! The Parallel state: its branches run concurrently, and the first failure stops the others.

use serde_json::Value;

use crate::definition::{Kind, Machine, Parallel, State};
use crate::failure::{Failure, check_state};
use crate::history::{EventKind, HistoryEvent};
use crate::host::Effect;
use crate::run::{Bindings, Flow, Progress, Run};
use crate::strand::{Activity, Branch, Strand};

impl Run<'_> {
    pub fn start_branches(&mut self, state: &State, parallel: &Parallel, strand: &mut Strand) -> Flow {
        let arguments = parallel.arguments.as_ref();
        let input = self.evaluate(state, strand, Bindings::default(), |scope| {
            arguments.map(|arguments| arguments.render(scope, "Arguments")).transpose()
        });
        let input = input.map_err(|error| self.evaluation_failed(strand, error)).and_then(|input| {
            let input = input.unwrap_or_else(|| strand.input.clone());
            check_state(&input, &strand.state).map(|()| input)
        });
        let input = match input {
            Ok(input) => input,
            Err(failure) => return self.handle(state, strand, failure),
        };
        self.record(strand, HistoryEvent::new(EventKind::ParallelStateStarted));
        let begin = |machine: &Machine| {
            let branch =
                Strand::new(&machine.start_at, input.clone(), strand.variables.clone(), strand.previous);
            Branch::Running(Box::new(branch))
        };
        let branches = parallel.branches.iter().map(begin).collect();
        self.drive_branches(state, strand, branches)
    }

    /// Runs every branch as far as possible, then ends the state if its branches have ended.
    pub fn drive_branches(&mut self, state: &State, strand: &mut Strand, mut branches: Vec<Branch>) -> Flow {
        let Kind::Parallel(parallel) = &state.kind else { return Flow::Wait };
        let mut paused = false;
        for index in 0..branches.len() {
            let (Branch::Running(branch), Some(machine)) =
                (&mut branches[index], parallel.branches.get(index))
            else {
                continue;
            };
            match self.drive(machine, branch) {
                Progress::Waiting => {}
                Progress::Paused => paused = true,
                Progress::Done(output) => branches[index] = Branch::Done { output, last: branch.previous },
                Progress::Failed(failure) => {
                    return self.branch_failed(state, strand, branches, index, failure);
                }
            }
        }
        if branches.iter().all(|branch| matches!(branch, Branch::Done { .. })) {
            return self.branches_done(state, strand, branches);
        }
        strand.activity = Activity::Parallel(branches);
        if paused { Flow::Pause } else { Flow::Wait }
    }

    /// The results keep the branches' order. ParallelStateSucceeded and ParallelStateExited both follow on the last
    /// event of the branches.
    fn branches_done(&mut self, state: &State, strand: &mut Strand, branches: Vec<Branch>) -> Flow {
        let mut results = Vec::with_capacity(branches.len());
        for branch in branches {
            if let Branch::Done { output, last } = branch {
                results.push(output);
                strand.previous = strand.previous.max(last);
            }
        }
        let results = Value::Array(results);
        if let Err(failure) = check_state(&results, &strand.state) {
            return self.parallel_failed(state, strand, failure);
        }
        self.record_after(strand.previous, HistoryEvent::new(EventKind::ParallelStateSucceeded));
        self.exit(state, strand, Some(results))
    }

    /// Stops all branches, then retries, catches or fails. The next event follows on the failed branch's last one.
    fn branch_failed(
        &mut self,
        state: &State,
        strand: &mut Strand,
        branches: Vec<Branch>,
        failed: usize,
        failure: Failure,
    ) -> Flow {
        let Kind::Parallel(parallel) = &state.kind else { return Flow::Wait };
        for (index, branch) in branches.iter().enumerate() {
            if let (Branch::Running(branch), Some(machine)) = (branch, parallel.branches.get(index)) {
                if let Some(state) = machine.states.get(&branch.state) {
                    self.abort(state, branch);
                }
                if index == failed {
                    strand.previous = branch.previous;
                }
            }
        }
        self.parallel_failed(state, strand, failure)
    }

    /// Only the last attempt adds ParallelStateFailed.
    fn parallel_failed(&mut self, state: &State, strand: &mut Strand, failure: Failure) -> Flow {
        if let Some(flow) = self.retry(state, strand, &failure) {
            return flow;
        }
        self.record(strand, HistoryEvent::new(EventKind::ParallelStateFailed));
        self.catch(state, strand, failure)
    }

    /// Stops a strand that is in `state`: kills its tokens, and records the abort of the kinds of state that have such
    /// an event.
    fn abort(&mut self, state: &State, strand: &Strand) {
        match (&state.kind, &strand.activity) {
            (_, Activity::Enter) => return,
            (Kind::Task(_), Activity::Task(run)) if run.token => {
                self.effects.push(Effect::KillToken { task: run.id });
            }
            (Kind::Parallel(parallel), Activity::Parallel(branches)) => {
                for (branch, machine) in branches.iter().zip(&parallel.branches) {
                    if let Branch::Running(branch) = branch
                        && let Some(state) = machine.states.get(&branch.state)
                    {
                        self.abort(state, branch);
                    }
                }
            }
            _ => {}
        }
        let kind = match &state.kind {
            Kind::Task(_) => EventKind::TaskStateAborted,
            Kind::Parallel(_) => EventKind::ParallelStateAborted,
            Kind::Wait(_) => EventKind::WaitStateAborted,
            _ => return,
        };
        self.record_after(strand.previous, HistoryEvent::new(kind));
    }
}
