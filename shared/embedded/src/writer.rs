//! The one thread that writes. It takes what is already waiting, runs each command in a savepoint of its own, commits
//! all of them at once and only then answers: many commands share one sync of the disk, and none waits for company.

use crate::clock::to_ms;
use crate::error::StoreError;
use crate::wake::{Wake, WakeBoard};
use domain::ports::{Clock, PortError};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// The most commands of one commit.
const MAX_COMMANDS: usize = 256;
/// Commands that may wait; more senders wait for room.
const BACKLOG: usize = 1024;
/// How often the latest moment seen is written down, so that a clock set back across a restart is noticed.
const CLOCK_EVERY_MS: i64 = 1000;

/// What a command works with.
pub(crate) struct Turn<'a> {
    pub(crate) connection: &'a Connection,
    /// Milliseconds since 1970; the same for all commands of a commit.
    pub(crate) now_ms: i64,
    /// Rung after the commit.
    pub(crate) wakes: &'a mut Vec<Wake>,
}

/// Tells a command's caller how it ended, once the commit is known.
type Answer = Box<dyn FnOnce(bool) + Send>;

/// A command with its caller's ear.
trait Command: Send {
    /// Runs in a savepoint; tells whether the savepoint is kept.
    fn run(&mut self, turn: &mut Turn<'_>) -> bool;
    /// What to do once the commit is known.
    fn answer(self: Box<Self>) -> Answer;
}

struct Pending<F, T> {
    work: Option<F>,
    outcome: Result<T, PortError>,
    caller: oneshot::Sender<Result<T, PortError>>,
}

impl<F, T> Command for Pending<F, T>
where
    F: FnOnce(&mut Turn<'_>) -> Result<T, PortError> + Send,
    T: Send + 'static,
{
    fn run(&mut self, turn: &mut Turn<'_>) -> bool {
        let Some(work) = self.work.take() else { return false };
        self.outcome = catch_unwind(AssertUnwindSafe(|| work(turn)))
            .unwrap_or_else(|_| Err(StoreError::NoAnswer("a command panicked").into()));
        self.outcome.is_ok()
    }

    fn answer(self: Box<Self>) -> Answer {
        let Pending { outcome, caller, .. } = *self;
        Box::new(move |committed| {
            let lost = || StoreError::NoAnswer("the commit failed").into();
            let outcome = if committed { outcome } else { outcome.and_then(|_| Err(lost())) };
            // A caller that went away does not need the answer; its command stands.
            drop(caller.send(outcome));
        })
    }
}

/// Sends commands to the thread. Dropping it waits for what is under way.
pub(crate) struct Writer {
    commands: Option<mpsc::Sender<Box<dyn Command>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread. `held` (the directory's lock) is let go of when the thread ends, not before.
    pub(crate) fn start(
        connection: Connection,
        board: Arc<WakeBoard>,
        clock: Arc<dyn Clock>,
        held: impl Send + 'static,
    ) -> Result<Self, StoreError> {
        let (commands, waiting) = mpsc::channel(BACKLOG);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                Thread { connection, board, clock, clock_written_ms: 0 }.serve(waiting);
                drop(held);
            })
            .map_err(|source| StoreError::file("start a thread for", "semblante.db", source))?;
        Ok(Writer { commands: Some(commands), thread: Some(thread) })
    }

    /// Runs a command and returns after its commit. Errors: the command's own, nothing of it is kept; or the
    /// commit's.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, PortError>
    where
        F: FnOnce(&mut Turn<'_>) -> Result<T, PortError> + Send + 'static,
        T: Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let outcome = Err(StoreError::NoAnswer("the command did not run").into());
        let command = Box::new(Pending { work: Some(work), outcome, caller });
        let closed = || PortError::from(StoreError::NoAnswer("the store is closed"));
        let commands = self.commands.as_ref().ok_or_else(closed)?;
        commands.send(command).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.commands = None;
        // A command can hold the last handle of the store, when its caller is gone: then this is the thread itself,
        // which ends by itself and must not wait for that.
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer thread panicked");
        }
    }
}

struct Thread {
    connection: Connection,
    board: Arc<WakeBoard>,
    clock: Arc<dyn Clock>,
    clock_written_ms: i64,
}

impl Thread {
    fn serve(&mut self, mut waiting: mpsc::Receiver<Box<dyn Command>>) {
        let mut batch = Vec::with_capacity(MAX_COMMANDS);
        while waiting.blocking_recv_many(&mut batch, MAX_COMMANDS) > 0 {
            self.commit(std::mem::take(&mut batch));
        }
    }

    /// Runs a batch. A full disk can roll everything back in the middle of it; then those before fail, and those after
    /// get a transaction of their own.
    fn commit(&mut self, batch: Vec<Box<dyn Command>>) {
        let mut batch = batch.into_iter().peekable();
        while batch.peek().is_some() {
            let mut answers: Vec<Answer> = Vec::new();
            let mut wakes = Vec::new();
            let committed = self.transaction(&mut batch, &mut answers, &mut wakes).unwrap_or_else(|error| {
                tracing::error!(error = %error, "a commit failed");
                false
            });
            if !committed && !self.connection.is_autocommit() {
                self.execute("ROLLBACK");
            }
            if committed {
                wakes.into_iter().for_each(|wake| self.board.ring(wake));
            }
            answers.into_iter().for_each(|answer| answer(committed));
        }
    }

    fn transaction(
        &mut self,
        batch: &mut impl Iterator<Item = Box<dyn Command>>,
        answers: &mut Vec<Answer>,
        wakes: &mut Vec<Wake>,
    ) -> Result<bool, rusqlite::Error> {
        let now_ms = to_ms(self.clock.now());
        if let Err(error) = self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([]) {
            answers.extend(batch.map(|command| command.answer()));
            return Err(error);
        }
        for mut command in batch {
            self.connection.prepare_cached("SAVEPOINT command")?.execute([])?;
            let rung = wakes.len();
            let turn = &mut Turn { connection: &self.connection, now_ms, wakes };
            let kept = command.run(turn);
            answers.push(command.answer());
            if self.connection.is_autocommit() {
                return Ok(false);
            }
            if !kept {
                wakes.truncate(rung);
                self.connection.prepare_cached("ROLLBACK TO command")?.execute([])?;
            }
            self.connection.prepare_cached("RELEASE command")?.execute([])?;
        }
        self.write_clock(now_ms)?;
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(true)
    }

    fn write_clock(&mut self, now_ms: i64) -> Result<(), rusqlite::Error> {
        if now_ms - self.clock_written_ms >= CLOCK_EVERY_MS {
            self.connection
                .prepare_cached("UPDATE clock SET latest_ms = max(latest_ms, ?1)")?
                .execute([now_ms])?;
            self.clock_written_ms = now_ms;
        }
        Ok(())
    }

    fn execute(&self, statement: &str) {
        if let Err(error) = self.connection.execute_batch(statement) {
            tracing::error!(error = %error, statement, "the database refused a statement");
        }
    }
}
