//! An open data directory: its lock, database, keys and clock. Every adapter works on one.

use crate::clock::{SystemClock, from_ms};
use crate::data_dir::DataDir;
use crate::database::{self, Durability};
use crate::error::StoreError;
use crate::keys::Keys;
use crate::reader::Readers;
use crate::wake::WakeBoard;
use crate::writer::{WriteTxn, Writer};
use domain::ports::{Clock, PortError};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Default)]
pub struct Options {
    pub durability: Durability,
    /// None: the machine's clock.
    pub clock: Option<Arc<dyn Clock>>,
    /// The most pages that the database may have; None: as many as the disk holds.
    pub max_pages: Option<u32>,
}

/// An open data directory. Cloning shares it. It is closed by [`Store::close`], or when its last clone is dropped.
#[derive(Clone)]
pub struct Store(Arc<Open>);

struct Open {
    dir: DataDir,
    // Dropped before the writer, so that the writer's connection is the last one and removes the write-ahead log.
    readers: Readers,
    writer: Writer,
    board: Arc<WakeBoard>,
    clock: Arc<dyn Clock>,
    keys: Keys,
    boot: i64,
}

impl Store {
    /// Opens a data directory; creates it if missing. Messages that a dead process had claimed are visible again at once.
    /// Errors: by name, and the directory is unchanged.
    pub fn open(root: &Path, options: Options) -> Result<Self, StoreError> {
        let dir = DataDir::prepare(root)?;
        let lock = dir.lock()?;
        let keys = Keys::open(&dir)?;
        let path = dir.database();
        let connection = database::open_writer(&path, options.durability, options.max_pages)?;
        let latest: i64 = connection.query_row("SELECT latest_ms FROM clock", [], |row| row.get(0))?;
        let clock = options
            .clock
            .unwrap_or_else(|| Arc::new(SystemClock::starting_at(from_ms(latest))) as Arc<dyn Clock>);
        release_claims_of_the_dead(&connection)?;
        let board = Arc::new(WakeBoard::new());
        let readers = Readers::open(&path)?;
        let writer = Writer::start(connection, board.clone(), clock.clone(), lock)?;
        Ok(Store(Arc::new(Open { dir, readers, writer, board, clock, keys, boot: random_boot()? })))
    }

    /// Closes the directory whatever clones there are: returns when running queries and queued writes have ended, the
    /// database is closed and the lock is released, so that the directory can be opened at once. Later calls through a
    /// clone fail with [`StoreError::Closed`].
    pub async fn close(&self) {
        self.0.readers.close().await;
        self.0.writer.close().await;
    }

    /// The clock that everything in the directory goes by.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock.clone()
    }

    pub fn dir(&self) -> &DataDir {
        &self.0.dir
    }

    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Checks the whole database; returns at most ten findings, none if it is intact.
    pub async fn check(&self) -> Result<Vec<String>, PortError> {
        self.read(|connection| {
            database::integrity(connection, 10).map_err(|error| StoreError::from(error).into())
        })
        .await
    }

    /// Empties the write-ahead log, which keeps what was deleted until it is overwritten.
    pub(crate) async fn truncate_log(&self) -> Result<(), PortError> {
        let path = self.0.dir.database();
        let task = tokio::task::spawn_blocking(move || database::truncate_log(&path));
        Ok(task.await.map_err(|_| StoreError::Panicked("a checkpoint"))??)
    }

    pub(crate) fn board(&self) -> &WakeBoard {
        &self.0.board
    }

    /// Identifies this process's claims.
    pub(crate) fn boot(&self) -> i64 {
        self.0.boot
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, PortError>
    where
        F: FnOnce(&mut WriteTxn<'_>) -> Result<T, PortError> + Send + 'static,
        T: Send + 'static,
    {
        self.0.writer.run(work).await
    }

    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, PortError>
    where
        F: FnOnce(&Connection) -> Result<T, PortError> + Send + 'static,
        T: Send + 'static,
    {
        self.0.readers.read(query).await
    }
}

/// The lock proves that every earlier process is dead. Its receives count: the message may be what killed it.
fn release_claims_of_the_dead(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE message SET ready = 1, boot = NULL, delivery = NULL WHERE ready = 0 AND boot IS NOT NULL",
        [],
    )?;
    Ok(())
}

fn random_boot() -> Result<i64, StoreError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(StoreError::Randomness)?;
    Ok(i64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ports::PortErrorKind;
    use std::time::Duration;

    fn open(root: &Path) -> Result<Store, StoreError> {
        Store::open(root, Options::default())
    }

    #[test]
    fn a_second_process_on_the_directory_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let store = open(root.path()).unwrap();
        assert!(matches!(open(root.path()), Err(StoreError::InUse { .. })));
        drop(store);
        open(root.path()).unwrap();
    }

    #[tokio::test]
    async fn a_full_database_is_a_typed_error_and_nothing_is_half_made() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), Options { max_pages: Some(60), ..Options::default() }).unwrap();
        let insert = "INSERT INTO domain_event VALUES (?1, 0, ?2)";
        let mut written = 0;
        let error = loop {
            let id = written.to_string();
            let result = store
                .write(move |txn| {
                    let big = "x".repeat(20_000);
                    let both = txn
                        .connection
                        .execute(insert, (&id, &big))
                        .and_then(|_| txn.connection.execute(insert, (format!("{id}b"), &big)));
                    both.map_err(crate::error::sql)
                })
                .await;
            match result {
                Ok(_) => written += 1,
                Err(error) => break error,
            }
            assert!(written < 100);
        };
        assert_eq!(error.kind, PortErrorKind::Full);
        assert!(error.to_string().contains("no space left"), "{error}");
        let rows: i64 = store
            .read(|c| {
                c.query_row("SELECT count(*) FROM domain_event", [], |row| row.get(0))
                    .map_err(crate::error::sql)
            })
            .await
            .unwrap();
        assert_eq!(rows, written * 2);
        assert!(store.check().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_command_may_hold_the_last_handle() {
        let root = tempfile::tempdir().unwrap();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let store = open(root.path()).unwrap();
        let held = store.clone();
        let command = tokio::spawn({
            let store = store.clone();
            async move {
                let work = move |txn: &mut WriteTxn<'_>| {
                    wait.recv().map_err(PortError::broken)?;
                    drop(held);
                    txn.connection
                        .execute("INSERT INTO domain_event VALUES ('it', 0, 'stands')", [])
                        .map_err(crate::error::sql)
                };
                store.write(work).await
            }
        });
        tokio::task::yield_now().await;
        command.abort();
        assert!(command.await.is_err_and(|error| error.is_cancelled()));
        drop(store);
        go.send(()).unwrap();
        // The directory is free as soon as the thread has ended, and it ends.
        let reopened = (0..1000).find_map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            open(root.path()).ok()
        });
        let query = |connection: &Connection| {
            connection
                .query_row("SELECT count(*) FROM domain_event", [], |row| row.get(0))
                .map_err(crate::error::sql)
        };
        let rows: i64 = reopened.unwrap().read(query).await.unwrap();
        assert_eq!(rows, 1, "a committed write whose caller is gone");
    }

    #[tokio::test]
    async fn a_closed_directory_can_be_opened_at_once() {
        let root = tempfile::tempdir().unwrap();
        for _ in 0..20 {
            let store = open(root.path()).unwrap();
            let (clone, other) = (store.clone(), store.clone());
            let slow = store.read(|_| {
                std::thread::sleep(Duration::from_millis(5));
                Ok(())
            });
            let (read, ()) = tokio::join!(slow, clone.close());
            read.unwrap();
            assert!(!root.path().join("semblante.db-wal").exists(), "the log was not checkpointed");
            drop(open(root.path()).unwrap());
            for refused in [other.read(|_| Ok(())).await, other.write(|_| Ok(())).await] {
                assert!(refused.unwrap_err().to_string().contains("the store is closed"));
            }
        }
    }
}
