//! An execution with scripted queues and workers, on a clock that advances to the next event.

use std::collections::{BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use statemachine::{
    Definition, Effect, End, Event, Execution, Frame, HistoryEvent, Message, Seed, Substitutions, TaskId,
    start, step,
};

use crate::case::{Case, refused};
use crate::{Report, compare};

/// The number of steps after which a case counts as endless.
const MAX_STEPS: usize = 100_000;

pub fn run(case: &Case) -> Report {
    let definition = match Definition::load(&case.definition_text(), &Substitutions::new()) {
        Ok(definition) => definition,
        Err(error) => return refused(&error),
    };
    let machine = "arn:aws:states:us-east-1:111111111111";
    let input = case.input.clone();
    let execution = Execution {
        id: format!("{machine}:execution:machine:case"),
        machine_id: format!("{machine}:stateMachine:machine"),
        machine_name: "machine".to_owned(),
        role_arn: Some("arn:aws:iam::111111111111:role/role".to_owned()),
        ..Execution::new("case", input)
    };
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a constant time");
    let (frame, effects) = start(&definition, execution, Seed::from_bytes([42; 32]), now);
    let (script, at_once): (Vec<Value>, Vec<Value>) =
        case.script.iter().cloned().partition(|entry| matches!(entry["on"].as_str(), None | Some("message")));
    let named = case.script.iter().filter_map(|entry| entry["queue"].as_str());
    let mut world = World {
        queues: named.chain(["<sqs_queue_url>"]).map(str::to_owned).collect(),
        definition,
        frame,
        now,
        script: script.into(),
        agenda: Vec::new(),
        messages: 0,
        history: Vec::new(),
        end: None,
    };
    for entry in at_once {
        world.plan(entry, 0, "");
    }
    world.apply(effects);
    world.live();
    compare::execution(case, &world.history, world.end.as_ref())
}

struct World {
    queues: BTreeSet<String>,
    definition: Definition,
    frame: Frame,
    now: Timestamp,
    script: VecDeque<Value>,
    /// The scripted actions and their times.
    agenda: Vec<(Timestamp, Action)>,
    messages: usize,
    history: Vec<HistoryEvent>,
    end: Option<End>,
}

/// An entry of the script and the message that it answers.
struct Action {
    entry: Value,
    task: TaskId,
    body: String,
}

impl World {
    /// The answers to messages follow after all effects.
    fn apply(&mut self, effects: Vec<Effect>) {
        let mut messages = Vec::new();
        let mut again = false;
        for effect in effects {
            match effect {
                Effect::History(event) => self.history.push(event),
                Effect::Ended(end) => self.end = Some(end),
                Effect::SendMessage(message) => messages.push(message),
                Effect::Continue => again = true,
                Effect::KillToken { .. } => {}
            }
        }
        messages.into_iter().for_each(|message| self.receive(message));
        if again {
            self.event(Event::Tick);
        }
    }

    fn event(&mut self, event: Event) {
        let step = step(&self.definition, &mut self.frame, event, self.now);
        self.apply(step.effects);
    }

    /// Accepts messages to the case's queues and refuses others.
    fn receive(&mut self, message: Message) {
        let task = message.task;
        if !self.queues.contains(&message.queue_url) {
            let error = "SQS.SdkClientException".to_owned();
            let cause =
                format!("Unable to execute HTTP request: {}: Name or service not known", message.queue_url);
            return self.event(Event::SendFailed { task, error, cause });
        }
        self.messages += 1;
        let output = message.accepted(&format!("00000000-0000-4000-8000-{:012}", self.messages));
        let answers = |entry: &Value| entry["queue"].as_str().is_none_or(|queue| queue == message.queue_url);
        if let Some(entry) = self.script.iter().position(answers).and_then(|first| self.script.remove(first))
        {
            self.plan(entry, task, &message.body);
        }
        self.event(Event::MessageSent { task, output });
    }

    fn plan(&mut self, entry: Value, task: TaskId, body: &str) {
        let delay = entry["after_seconds"].as_f64().unwrap_or(0.0);
        let at = self.now + SignedDuration::from_millis((delay * 1_000.0) as i64);
        self.agenda.push((at, Action { entry, task, body: body.to_owned() }));
    }

    /// Advances the time until the execution has ended or no event is left.
    fn live(&mut self) {
        for _ in 0..MAX_STEPS {
            if self.end.is_some() {
                return;
            }
            let action = (0..self.agenda.len()).min_by_key(|i| self.agenda[*i].0);
            let action_at = action.map(|i| self.agenda[i].0);
            match (action, self.frame.next_deadline()) {
                (Some(i), deadline) if deadline.is_none_or(|at| action_at <= Some(at)) => {
                    let (at, action) = self.agenda.remove(i);
                    self.now = self.now.max(at);
                    self.act(action);
                }
                (_, Some(at)) => {
                    self.now = self.now.max(at);
                    self.event(Event::Tick);
                }
                (_, None) => return,
            }
        }
    }

    fn act(&mut self, action: Action) {
        let Action { entry, task, body } = action;
        let text = |name: &str| entry[name].as_str().map(str::to_owned);
        let then = entry["then"].as_array().cloned().unwrap_or_default();
        match entry["do"].as_str() {
            Some("SendTaskSuccess") => {
                let output = match entry["output_from"].as_str() {
                    Some(_) => serde_json::from_str(&body).unwrap_or(Value::String(body.clone())),
                    None => entry["output"].clone(),
                };
                self.event(Event::TaskSucceeded { task, output });
            }
            Some("SendTaskFailure") => {
                self.event(Event::TaskFailed { task, error: text("error"), cause: text("cause") });
            }
            Some("Heartbeat") => {
                self.event(Event::Heartbeat { task });
                let times = entry["times"].as_u64().unwrap_or(1);
                if times > 1 {
                    let mut again = entry.clone();
                    again["times"] = (times - 1).into();
                    return self.plan(again, task, &body);
                }
            }
            Some("StopExecution") => self.event(Event::Stop { error: text("error"), cause: text("cause") }),
            _ => {}
        }
        for entry in then {
            self.plan(entry, task, &body);
        }
    }
}
