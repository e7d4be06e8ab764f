//! The one thread that writes. It takes the commands that are waiting, runs each in a savepoint of its own, commits all of
//! them at once and only then replies: many commands share one sync of the disk, and none waits for others to arrive.

use crate::clock::to_ms;
use crate::error::StoreError;
use crate::wake::{Wake, WakeBoard};
use domain::ports::{Clock, PortError, PortErrorKind};
use rusqlite::Connection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot, watch};

/// The most commands of one commit.
const MAX_COMMANDS: usize = 256;
/// The most commands that may wait; more senders wait for room.
const BACKLOG: usize = 1024;
/// How often the latest moment seen is stored, so that a clock set back across a restart is noticed.
const CLOCK_EVERY_MS: i64 = 1000;

/// What a command works with, inside the transaction that it shares with others.
pub(crate) struct WriteTxn<'a> {
    pub(crate) connection: &'a Connection,
    /// Milliseconds since 1970; the same for all commands of a commit.
    pub(crate) now_ms: i64,
    /// Sent after the commit.
    pub(crate) wakes: &'a mut Vec<Wake>,
}

impl WriteTxn<'_> {
    /// Runs `work` in a savepoint of its own: when it fails or panics, what it did is undone and the transaction goes on.
    /// Outer errors: SQLite refused the savepoint. SQLite itself may end the transaction while `work` runs (a full disk);
    /// [`WriteTxn::has_ended`] tells.
    pub(crate) fn savepoint<T>(
        &mut self,
        work: impl FnOnce(&mut WriteTxn<'_>) -> Result<T, PortError>,
    ) -> Result<Result<T, PortError>, rusqlite::Error> {
        let wakes = self.wakes.len();
        self.execute("SAVEPOINT step")?;
        let outcome = catch_unwind(AssertUnwindSafe(|| work(self)))
            .unwrap_or_else(|_| Err(StoreError::Panicked("a command").into()));
        if outcome.is_err() {
            self.wakes.truncate(wakes);
        }
        if !self.has_ended() {
            if outcome.is_err() {
                self.execute("ROLLBACK TO step")?;
            }
            self.execute("RELEASE step")?;
        }
        Ok(outcome)
    }

    /// Whether SQLite has rolled the whole transaction back. Nothing may be written then.
    pub(crate) fn has_ended(&self) -> bool {
        self.connection.is_autocommit()
    }

    fn execute(&self, statement: &str) -> Result<(), rusqlite::Error> {
        self.connection.prepare_cached(statement)?.execute([]).map(drop)
    }
}

/// Why nothing of a transaction was kept; each of its commands is told.
#[derive(Clone, Debug)]
enum NotCommitted {
    Full,
    Failed(String),
}

impl NotCommitted {
    fn port_error(self) -> PortError {
        match self {
            NotCommitted::Full => StoreError::DiskFull,
            NotCommitted::Failed(why) => StoreError::NotCommitted(why),
        }
        .into()
    }
}

impl From<rusqlite::Error> for NotCommitted {
    fn from(error: rusqlite::Error) -> Self {
        match StoreError::from(error) {
            StoreError::DiskFull => NotCommitted::Full,
            error => NotCommitted::Failed(error.to_string()),
        }
    }
}

/// Replies to a command's caller, once it is known whether the commit succeeded.
type Reply = Box<dyn FnOnce(Result<(), NotCommitted>) + Send>;

/// A queued write and its reply channel.
trait Command: Send {
    /// Errors: SQLite refused the savepoint; the command did not run.
    fn run(&mut self, txn: &mut WriteTxn<'_>) -> Result<(), rusqlite::Error>;
    /// Whether the command itself ran out of space.
    fn found_no_space(&self) -> bool;
    fn reply(self: Box<Self>) -> Reply;
}

struct Pending<F, T> {
    work: Option<F>,
    /// None: it did not run.
    outcome: Option<Result<T, PortError>>,
    caller: oneshot::Sender<Result<T, PortError>>,
}

impl<F, T> Command for Pending<F, T>
where
    F: FnOnce(&mut WriteTxn<'_>) -> Result<T, PortError> + Send,
    T: Send + 'static,
{
    fn run(&mut self, txn: &mut WriteTxn<'_>) -> Result<(), rusqlite::Error> {
        if let Some(work) = self.work.take() {
            self.outcome = Some(txn.savepoint(work)?);
        }
        Ok(())
    }

    fn found_no_space(&self) -> bool {
        matches!(&self.outcome, Some(Err(error)) if error.kind == PortErrorKind::Full)
    }

    fn reply(self: Box<Self>) -> Reply {
        let Pending { outcome, caller, .. } = *self;
        Box::new(move |committed| {
            let not_run = || NotCommitted::Failed("the command did not run".into()).port_error();
            let outcome = match (outcome, committed) {
                (Some(Err(own)), _) => Err(own),
                (_, Err(failure)) => Err(failure.port_error()),
                (Some(done), Ok(())) => done,
                (None, Ok(())) => Err(not_run()),
            };
            // A caller that went away needs no reply; its command was committed all the same.
            drop(caller.send(outcome));
        })
    }
}

enum Order {
    Run(Box<dyn Command>),
    Close,
}

/// Sends commands to the thread. Dropping it waits until the thread has ended.
pub(crate) struct Writer {
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
    /// Its sender is dropped when the thread ends.
    ended: watch::Receiver<()>,
}

impl Writer {
    /// Starts the thread. `held` (the directory's lock) is released when the thread ends, not before.
    pub(crate) fn start(
        connection: Connection,
        board: Arc<WakeBoard>,
        clock: Arc<dyn Clock>,
        held: impl Send + 'static,
    ) -> Result<Self, StoreError> {
        let (orders, waiting) = mpsc::channel(BACKLOG);
        let (running, ended) = watch::channel(());
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                Thread { connection, board, clock, clock_written_ms: 0 }.serve(waiting);
                drop(held);
                drop(running);
            })
            .map_err(|source| StoreError::file("start a thread for", "semblante.db", source))?;
        Ok(Writer { orders: Some(orders), thread: Some(thread), ended })
    }

    /// Runs a command and returns after its commit. Errors: the command's own, nothing of it is kept; or the commit's.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, PortError>
    where
        F: FnOnce(&mut WriteTxn<'_>) -> Result<T, PortError> + Send + 'static,
        T: Send + 'static,
    {
        let closed = || PortError::from(StoreError::Closed);
        let (caller, reply) = oneshot::channel();
        let command = Box::new(Pending { work: Some(work), outcome: None, caller });
        let orders = self.orders.as_ref().ok_or_else(closed)?;
        orders.send(Order::Run(command)).await.map_err(|_| closed())?;
        reply.await.map_err(|_| closed())?
    }

    /// Returns when the commands sent before have been committed, the connection is closed and the lock is released.
    pub(crate) async fn close(&self) {
        if let Some(orders) = &self.orders {
            // An error means that the thread takes no orders any more: it is ending.
            drop(orders.send(Order::Close).await);
        }
        let mut ended = self.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.orders = None;
        // A command can own the last handle of the store when its caller is gone. Then this is the writer thread itself,
        // which cannot wait for its own end.
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
    fn serve(&mut self, mut waiting: mpsc::Receiver<Order>) {
        let mut batch = Vec::with_capacity(MAX_COMMANDS);
        while waiting.blocking_recv_many(&mut batch, MAX_COMMANDS) > 0 {
            let mut commands = Vec::with_capacity(batch.len());
            for order in batch.drain(..) {
                match order {
                    Order::Run(command) => commands.push(command),
                    Order::Close => waiting.close(),
                }
            }
            self.commit(commands);
        }
    }

    /// Runs a batch. A full disk can roll everything back in the middle of it; then those before fail, and those after
    /// get a transaction of their own.
    fn commit(&mut self, batch: Vec<Box<dyn Command>>) {
        let mut batch = batch.into_iter().peekable();
        while batch.peek().is_some() {
            let (mut replies, mut wakes) = (Vec::new(), Vec::new());
            let committed = self.transaction(&mut batch, &mut replies, &mut wakes);
            match &committed {
                Ok(()) => wakes.into_iter().for_each(|wake| self.board.wake(wake)),
                Err(why) => {
                    tracing::error!(error = ?why, commands = replies.len(), "a commit failed");
                    self.roll_back();
                }
            }
            replies.into_iter().for_each(|reply| reply(committed.clone()));
        }
    }

    fn transaction(
        &mut self,
        batch: &mut impl Iterator<Item = Box<dyn Command>>,
        replies: &mut Vec<Reply>,
        wakes: &mut Vec<Wake>,
    ) -> Result<(), NotCommitted> {
        let now_ms = to_ms(self.clock.now());
        let mut txn = WriteTxn { connection: &self.connection, now_ms, wakes };
        if let Err(error) = txn.execute("BEGIN IMMEDIATE") {
            replies.extend(batch.map(|command| command.reply()));
            return Err(error.into());
        }
        for mut command in batch {
            let ran = command.run(&mut txn);
            let found_no_space = command.found_no_space();
            replies.push(command.reply());
            ran?;
            match (txn.has_ended(), found_no_space) {
                (false, _) => {}
                (true, true) => return Err(NotCommitted::Full),
                (true, false) => return Err(NotCommitted::Failed("SQLite rolled it back".into())),
            }
        }
        self.write_clock(now_ms)?;
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
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

    fn roll_back(&self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(error = %error, "a transaction could not be rolled back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{ManualClock, from_ms};
    use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
    use std::sync::atomic::{AtomicBool, Ordering};

    fn writer() -> Writer {
        writer_on(Connection::open_in_memory().unwrap())
    }

    fn writer_on(connection: Connection) -> Writer {
        connection.execute_batch("CREATE TABLE clock (latest_ms); CREATE TABLE t (x UNIQUE)").unwrap();
        let clock = Arc::new(ManualClock::new(from_ms(0)));
        Writer::start(connection, Arc::new(WakeBoard::new()), clock, ()).unwrap()
    }

    fn insert(txn: &WriteTxn<'_>, x: i64) -> Result<(), PortError> {
        txn.connection.execute("INSERT INTO t VALUES (?1)", [x]).map(drop).map_err(crate::error::sql)
    }

    async fn rows(writer: &Writer) -> Vec<i64> {
        let select = |txn: &mut WriteTxn<'_>| {
            let mut select =
                txn.connection.prepare("SELECT x FROM t ORDER BY x").map_err(crate::error::sql)?;
            let rows = select.query_map([], |row| row.get(0)).and_then(Iterator::collect);
            rows.map_err(crate::error::sql)
        };
        writer.run(select).await.unwrap()
    }

    #[tokio::test]
    async fn a_panicking_command_hurts_no_other() {
        let writer = writer();
        let panicking = writer.run::<(), _>(|txn| {
            insert(txn, 1)?;
            panic!("on purpose")
        });
        let (panicked, fine) = tokio::join!(panicking, writer.run(|txn| insert(txn, 2)));
        assert!(panicked.unwrap_err().to_string().contains("panicked"));
        fine.unwrap();
        assert_eq!(rows(&writer).await, [2]);
    }

    #[tokio::test]
    async fn a_savepoint_within_a_command_is_undone_alone() {
        let writer = writer();
        let outcome = writer.run(|txn| {
            insert(txn, 1)?;
            let failed = txn.savepoint(|txn| insert(txn, 2).and_then(|()| insert(txn, 1)));
            assert!(failed.is_ok_and(|inner| inner.is_err()));
            let panicked = txn.savepoint::<()>(|_| panic!("on purpose"));
            assert!(panicked.is_ok_and(|inner| inner.is_err()));
            insert(txn, 3)
        });
        outcome.await.unwrap();
        assert_eq!(rows(&writer).await, [1, 3]);
    }

    #[tokio::test]
    async fn a_refused_savepoint_is_named() {
        let refusing = Arc::new(AtomicBool::new(true));
        let mut connection = Connection::open_in_memory().unwrap();
        let is_refusing = refusing.clone();
        let authorize = move |context: AuthContext<'_>| match context.action {
            AuthAction::Savepoint { .. } if is_refusing.load(Ordering::SeqCst) => Authorization::Deny,
            _ => Authorization::Allow,
        };
        connection.authorizer(Some(authorize)).unwrap();
        let writer = writer_on(connection);
        let refused = writer.run(|txn| insert(txn, 1)).await.unwrap_err().to_string();
        assert!(refused.contains("not authorized") && !refused.contains("closed"), "{refused}");
        refusing.store(false, Ordering::SeqCst);
        writer.run(|txn| insert(txn, 2)).await.unwrap();
        assert_eq!(rows(&writer).await, [2]);
    }

    #[tokio::test]
    async fn closing_ends_what_was_sent_before_and_refuses_what_comes_after() {
        let writer = Arc::new(writer());
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let holding = writer.run(move |_| wait.recv().map_err(PortError::broken));
        let before = writer.run(|txn| insert(txn, 1));
        let releasing = async { go.send(()) };
        let (held, before, (), _) = tokio::join!(holding, before, writer.close(), releasing);
        held.unwrap();
        before.unwrap();
        let after = writer.run(|txn| insert(txn, 2)).await.unwrap_err();
        assert!(after.to_string().contains("the store is closed"), "{after}");
        writer.close().await;
    }
}
