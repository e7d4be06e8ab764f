//! The Task state: one message to a queue and, for `.waitForTaskToken`, the worker's answer.

use serde_json::Value;

use crate::definition::{Kind, State, Task};
use crate::failure::{Failure, Origin, check_state};
use crate::history::{EventKind, HistoryEvent};
use crate::host::{Effect, Event};
use crate::message::{Message, TaskId};
use crate::run::{Bindings, Flow, Run};
use crate::scope::{EvaluationError, Scope};
use crate::strand::{Activity, Strand, TaskRun};
use crate::time::after_seconds;
use crate::value::is_too_large;

/// The service of every task, the `resourceType` of its events.
const SERVICE: &str = "sqs";

/// The evaluated fields of a Task state.
struct Request {
    arguments: Value,
    timeout_s: Option<u64>,
    heartbeat_s: Option<u64>,
}

impl Run<'_> {
    /// Schedules a new task, whose message the host sends.
    pub fn schedule(&mut self, state: &State, task: &Task, strand: &mut Strand) -> Flow {
        let id = self.counters.tasks + 1;
        let token = task.callback.then(|| self.seed.token(id));
        let bindings = Bindings { token: token.as_deref(), ..Bindings::default() };
        let request = match self.evaluate(state, strand, bindings, |scope| task.request(scope)) {
            Ok(request) => request,
            Err(error) => {
                let failure = self.evaluation_failed(strand, error);
                return self.handle(state, strand, failure);
            }
        };
        if let Err(failure) = check_state(&request.arguments, &strand.state) {
            return self.handle(state, strand, failure);
        }
        self.counters.tasks = id;
        let scheduled = HistoryEvent {
            parameters: Some(request.arguments.clone()),
            timeout_in_seconds: request.timeout_s,
            heartbeat_in_seconds: request.heartbeat_s,
            ..task_event(task, EventKind::TaskScheduled)
        };
        self.record(strand, scheduled);
        self.record(strand, task_event(task, EventKind::TaskStarted));
        match self.message(id, &request.arguments, token) {
            Ok(message) => self.effects.push(Effect::SendMessage(message)),
            Err(failure) => return self.task_over(state, task, strand, Err((failure, unsent(task)))),
        }
        let run = TaskRun {
            id,
            timeout_at: request.timeout_s.map(|s| after_seconds(self.now, s)),
            heartbeat_s: request.heartbeat_s,
            heartbeat_at: request.heartbeat_s.map(|s| after_seconds(self.now, s)),
            token: task.callback,
            arrived: None,
        };
        wait_on(strand, run)
    }

    /// Handles the event that has arrived for a waiting task, or its time-out.
    pub fn attend(&mut self, state: &State, strand: &mut Strand, mut run: TaskRun) -> Flow {
        let Kind::Task(task) = &state.kind else { return Flow::Wait };
        let arrived = run.arrived.take();
        let end = match arrived {
            Some(Event::TaskSucceeded { output, .. }) => Ok(output),
            Some(Event::TaskFailed { error, cause, .. }) => {
                Err((Failure { error, cause, ..Failure::default() }, EventKind::TaskFailed))
            }
            Some(Event::SendFailed { error, cause, .. }) => Err((Failure::new(&error, cause), unsent(task))),
            Some(Event::MessageSent { output, .. }) if !task.callback => Ok(output),
            Some(Event::MessageSent { output, .. }) => {
                let event =
                    HistoryEvent { output: Some(output), ..task_event(task, EventKind::TaskSubmitted) };
                self.record(strand, event);
                return wait_on(strand, run);
            }
            // A heartbeat only moves its deadline; it adds no event.
            Some(Event::Heartbeat { .. }) => {
                run.heartbeat_at = run.heartbeat_s.map(|s| after_seconds(self.now, s));
                return wait_on(strand, run);
            }
            None | Some(Event::Tick | Event::Stop { .. }) => match run.deadline() {
                Some(at) if at <= self.now => {
                    let heartbeat = run.timeout_at.is_none_or(|at| at > self.now);
                    let origin = if heartbeat { Origin::Heartbeat } else { Origin::TimeLimit };
                    Err((Failure::timeout(origin), EventKind::TaskTimedOut))
                }
                _ => return wait_on(strand, run),
            },
        };
        if run.token {
            self.effects.push(Effect::KillToken { task: run.id });
        }
        self.task_over(state, task, strand, end)
    }

    /// Ends the task, and with it the state's work.
    fn task_over(
        &mut self,
        state: &State,
        task: &Task,
        strand: &mut Strand,
        end: Result<Value, (Failure, EventKind)>,
    ) -> Flow {
        let end = match end {
            Ok(output) if is_too_large(&output) => {
                Err((Failure::task_too_large(SERVICE), EventKind::TaskFailed))
            }
            end => end,
        };
        match end {
            Ok(output) => {
                let event = HistoryEvent {
                    output: Some(output.clone()),
                    ..task_event(task, EventKind::TaskSucceeded)
                };
                self.record(strand, event);
                self.exit(state, strand, Some(output))
            }
            Err((failure, kind)) => {
                let event = HistoryEvent {
                    error: failure.error.clone(),
                    cause: failure.cause.clone(),
                    ..task_event(task, kind)
                };
                self.record(strand, event);
                self.handle(state, strand, failure)
            }
        }
    }

    /// The message of the arguments, or SQS's refusal with a request id.
    fn message(&mut self, id: TaskId, arguments: &Value, token: Option<String>) -> Result<Message, Failure> {
        Message::read(id, arguments, token).map_err(|refusal| {
            let request_id = hex::encode(self.seed.bytes(self.counters.draws));
            self.counters.draws += 1;
            refusal.failure(&request_id)
        })
    }
}

fn wait_on(strand: &mut Strand, run: TaskRun) -> Flow {
    strand.activity = Activity::Task(run);
    Flow::Wait
}

impl Task {
    fn request(&self, scope: &mut Scope) -> Result<Request, EvaluationError> {
        let arguments = match &self.arguments {
            Some(arguments) => arguments.render(scope, "Arguments")?,
            None => scope.strand.input.clone(),
        };
        let timeout_s = self.timeout.as_ref().map(|s| s.render(scope, "TimeoutSeconds", 1)).transpose()?;
        let heartbeat_s =
            self.heartbeat.as_ref().map(|s| s.render(scope, "HeartbeatSeconds", 1)).transpose()?;
        Ok(Request { arguments, timeout_s, heartbeat_s })
    }
}

/// The event for a message that was not sent.
fn unsent(task: &Task) -> EventKind {
    if task.callback { EventKind::TaskSubmitFailed } else { EventKind::TaskFailed }
}

fn task_event(task: &Task, kind: EventKind) -> HistoryEvent {
    let resource = if task.callback { "sendMessage.waitForTaskToken" } else { "sendMessage" };
    HistoryEvent {
        resource: Some(resource.to_owned()),
        resource_type: Some(SERVICE.to_owned()),
        ..HistoryEvent::new(kind)
    }
}
