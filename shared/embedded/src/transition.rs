//! One transition of one execution: a step of the interpreter, its effects and the new frame, all in one command.

use crate::clock::{from_ms, to_ms};
use crate::error::{sql, unreadable};
use crate::queue::{limits, send_in};
use crate::wake::Wake;
use crate::writer::WriteTxn;
use domain::ports::PortError;
use domain::ports::queue::{MessageGroup, NewMessage};
use domain::{ExecutionName, ExecutionStatus, IntakeMessage, QueueName, TaskToken};
use rusqlite::OptionalExtension;
use serde_json::Value;
use statemachine::{Definition, Effect, End, Event, Frame, HistoryEvent, Message, Seed, Status};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The current definition, and older ones that executions still run on.
pub(crate) struct Definitions {
    current: Arc<Definition>,
    older: Mutex<HashMap<String, Arc<Definition>>>,
}

impl Definitions {
    pub(crate) fn new(current: Definition) -> Self {
        Definitions { current: Arc::new(current), older: Mutex::default() }
    }

    fn get(&self, txn: &WriteTxn<'_>, hash: &str) -> Result<Arc<Definition>, PortError> {
        if hash == self.current.hash() {
            return Ok(self.current.clone());
        }
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(definition) = older.get(hash) {
            return Ok(definition.clone());
        }
        let stored: String = txn
            .connection
            .query_row("SELECT definition FROM definition WHERE hash = ?1", [hash], |row| row.get(0))
            .map_err(sql)?;
        let stored: Value = serde_json::from_str(&stored).map_err(unreadable)?;
        let substitutions = serde_json::from_value(stored["substitutions"].clone()).map_err(unreadable)?;
        let text = stored["text"].as_str().unwrap_or_default();
        let definition = Arc::new(Definition::load(text, &substitutions).map_err(unreadable)?);
        older.insert(hash.to_owned(), definition.clone());
        Ok(definition)
    }
}

/// An execution while a command changes it.
pub(crate) struct Transition<'a, 'b> {
    txn: &'a mut WriteTxn<'b>,
    definition: Arc<Definition>,
    number: i64,
    name: ExecutionName,
    frame: Frame,
    history: Vec<HistoryEvent>,
    end: Option<End>,
}

impl<'a, 'b> Transition<'a, 'b> {
    /// Loads an execution that has not ended.
    pub(crate) fn of(
        txn: &'a mut WriteTxn<'b>,
        definitions: &Definitions,
        number: i64,
    ) -> Result<Self, PortError> {
        let (name, hash, frame): (String, String, Vec<u8>) = txn
            .connection
            .prepare_cached(
                "SELECT name, definition, frame FROM execution WHERE number = ?1 AND frame IS NOT NULL",
            )
            .and_then(|mut select| {
                select.query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            })
            .map_err(sql)?;
        let name = ExecutionName::parse(&name).ok_or_else(|| unreadable("an execution's name"))?;
        let definition = definitions.get(txn, &hash)?;
        let frame = Frame::from_bytes(&frame).map_err(unreadable)?;
        Ok(Transition { txn, definition, number, name, frame, history: Vec::new(), end: None })
    }

    /// Starts an execution and runs it until it waits.
    pub(crate) fn start(
        txn: &'a mut WriteTxn<'b>,
        definitions: &Definitions,
        name: &ExecutionName,
        input: Value,
        seed: Seed,
    ) -> Result<(), PortError> {
        let definition = definitions.current.clone();
        txn.connection
            .prepare_cached(
                "INSERT INTO execution (name, definition, status, input, started_at) VALUES (?1, ?2, 'RUNNING', ?3, ?4)",
            )
            .and_then(|mut insert| {
                insert.execute((name.as_str(), definition.hash(), input.to_string(), txn.now_ms))
            })
            .map_err(sql)?;
        let number = txn.connection.last_insert_rowid();
        let execution = statemachine::Execution::new(name.as_str(), input);
        let (frame, effects) = statemachine::start(&definition, execution, seed, from_ms(txn.now_ms));
        let name = name.clone();
        Transition { txn, definition, number, name, frame, history: Vec::new(), end: None }
            .apply_effects(effects)
    }

    /// Applies an event and stores its effects; returns whether the execution waited for it.
    pub(crate) fn apply(mut self, event: Event) -> Result<bool, PortError> {
        let step = statemachine::step(&self.definition, &mut self.frame, event, from_ms(self.txn.now_ms));
        self.apply_effects(step.effects)?;
        Ok(step.accepted)
    }

    /// Applies effects in order. A sent or refused message is an event of its own, whose effects follow.
    fn apply_effects(mut self, effects: Vec<Effect>) -> Result<(), PortError> {
        let mut effects = VecDeque::from(effects);
        let mut goes_on_at_once = false;
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::SendMessage(message) => {
                    let event = self.send(message)?;
                    let now = from_ms(self.txn.now_ms);
                    let step = statemachine::step(&self.definition, &mut self.frame, event, now);
                    effects.extend(step.effects);
                }
                Effect::KillToken { task } => self.kill(task)?,
                Effect::History(event) => self.history.push(event),
                Effect::Ended(end) => self.end = Some(end),
                Effect::Continue => goes_on_at_once = true,
            }
        }
        self.write_history()?;
        match self.end.take() {
            Some(end) => self.write_end(&end),
            None => self.write_frame(goes_on_at_once),
        }
    }

    /// Sends the message in this command and stores its token, by which the answer finds the task.
    fn send(&mut self, message: Message) -> Result<Event, PortError> {
        let task = message.task;
        let refused =
            |cause: String| Event::SendFailed { task, error: "SQS.AmazonSQSException".into(), cause };
        let Ok(queue) = QueueName::parse(&message.queue_url) else {
            return Ok(refused(format!("The specified queue does not exist: {}", message.queue_url)));
        };
        let accepted = message.accepted(&format!("{}.{task}", self.number));
        let outgoing = NewMessage {
            group: message.group_id.map(MessageGroup::new),
            delay: Duration::from_secs(message.delay_s.into()),
            body: message.body,
        };
        if let Err(error) = limits(std::slice::from_ref(&outgoing)) {
            return Ok(refused(error.source.to_string()));
        }
        send_in(self.txn, queue, &outgoing)?;
        if let Some(token) = message.token {
            self.txn
                .connection
                .prepare_cached("INSERT INTO task VALUES (?1, ?2, ?3)")
                .and_then(|mut insert| insert.execute((token, self.number, task)))
                .map_err(sql)?;
        }
        Ok(Event::MessageSent { task, output: accepted })
    }

    fn kill(&mut self, task: u64) -> Result<(), PortError> {
        self.txn
            .connection
            .prepare_cached("DELETE FROM task WHERE execution = ?1 AND task = ?2")
            .and_then(|mut delete| delete.execute((self.number, task)))
            .map(drop)
            .map_err(sql)
    }

    fn write_history(&mut self) -> Result<(), PortError> {
        let Some(first) = self.history.first() else { return Ok(()) };
        let events = serde_json::to_string(&self.history).map_err(unreadable)?;
        self.txn
            .connection
            .prepare_cached("INSERT INTO history VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.execute((self.number, first.id, events)))
            .map(drop)
            .map_err(sql)
    }

    fn write_frame(&mut self, goes_on_at_once: bool) -> Result<(), PortError> {
        let deadline = match goes_on_at_once {
            true => Some(self.txn.now_ms),
            false => self.frame.next_deadline().map(to_ms),
        };
        self.txn
            .connection
            .prepare_cached("UPDATE execution SET frame = ?2, deadline = ?3 WHERE number = ?1")
            .and_then(|mut update| update.execute((self.number, self.frame.to_bytes(), deadline)))
            .map_err(sql)?;
        self.txn.wakes.extend(deadline.map(Wake::TimerAt));
        Ok(())
    }

    /// Stores the end. If it is not success, the status change is sent to queue `uploads` in the same command.
    fn write_end(&mut self, end: &End) -> Result<(), PortError> {
        let output = end.output.as_ref().map(Value::to_string);
        self.txn
            .connection
            .prepare_cached(
                "UPDATE execution SET status = ?2, ended_at = ?3, output = ?4, error = ?5, cause = ?6, frame = NULL,
                     deadline = NULL WHERE number = ?1",
            )
            .and_then(|mut update| {
                let status = end.status.as_str();
                update.execute((self.number, status, self.txn.now_ms, output, &end.error, &end.cause))
            })
            .map_err(sql)?;
        self.txn
            .connection
            .prepare_cached("DELETE FROM task WHERE execution = ?1")
            .and_then(|mut delete| delete.execute([self.number]))
            .map_err(sql)?;
        if end.status == Status::Succeeded {
            return Ok(());
        }
        let input = &self.frame.execution().input;
        let body = IntakeMessage::status_change_body(&self.name, status(end.status.as_str())?, input);
        send_in(self.txn, QueueName::UPLOADS, &NewMessage::new(body, None))
    }
}

/// The status in a stored row; any other word is `Broken`, so that a damaged row is never taken for an ended execution.
pub(crate) fn status(stored: &str) -> Result<ExecutionStatus, PortError> {
    serde_json::from_value(stored.into()).map_err(unreadable)
}

/// The execution and task that wait for a token; None if none does any more.
pub(crate) fn token_owner(txn: &WriteTxn<'_>, token: &TaskToken) -> Result<Option<(i64, u64)>, PortError> {
    txn.connection
        .prepare_cached("SELECT execution, task FROM task WHERE token = ?1")
        .and_then(|mut select| select.query_row([&token.0], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .map_err(sql)
}
