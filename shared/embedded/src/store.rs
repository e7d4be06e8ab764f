//! A data directory that is open: its lock, database, keys and clock. Every adapter works on one of these.

use crate::clock::{SystemClock, from_ms};
use crate::data_dir::DataDir;
use crate::error::StoreError;
use crate::keys::Keys;
use crate::reader::Readers;
use crate::schema;
use crate::wake::WakeBoard;
use crate::writer::{Turn, Writer};
use domain::ports::{Clock, PortError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What an acknowledged write survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A power cut: every commit is synced to the disk.
    #[default]
    Full,
    /// The death of the process, not always a power cut.
    Normal,
}

/// How to open a data directory.
#[derive(Clone, Default)]
pub struct Options {
    /// What an acknowledged write survives.
    pub durability: Durability,
    /// None: the machine's clock.
    pub clock: Option<Arc<dyn Clock>>,
    /// The most pages that the database may have; None: what the disk holds.
    pub max_pages: Option<u32>,
}

/// An open data directory. Cloning shares it; it closes with its last clone, after what is under way.
#[derive(Clone)]
pub struct Store(Arc<Open>);

struct Open {
    dir: DataDir,
    // Before the writer, so that its connection is the last to close and clears the write-ahead log away.
    readers: Readers,
    writer: Writer,
    board: Arc<WakeBoard>,
    clock: Arc<dyn Clock>,
    keys: Keys,
    boot: i64,
}

/// Databases up to this size are checked whole at every start; larger ones by `semblante doctor`.
const MAX_CHECKED_BYTES: u64 = 32 << 20;

impl Store {
    /// Opens a data directory, made where it is not there. Messages that a dead process had claimed are visible again
    /// at once. Errors: [`StoreError`], by name; nothing of the directory is changed then.
    pub fn open(root: &Path, options: Options) -> Result<Self, StoreError> {
        let dir = DataDir::prepare(root)?;
        let lock = dir.lock()?;
        let keys = Keys::open(&dir)?;
        let path = dir.database();
        let connection = open_database(&path, &options).map_err(|error| corrupt(error, &path))?;
        let latest: i64 = connection.query_row("SELECT latest_ms FROM clock", [], |row| row.get(0))?;
        let clock = options
            .clock
            .unwrap_or_else(|| Arc::new(SystemClock::starting_at(from_ms(latest))) as Arc<dyn Clock>);
        release_claims_of_the_dead(&connection)?;
        let board = Arc::new(WakeBoard::new());
        let readers = Readers::open(&path)?;
        let writer = Writer::start(connection, board.clone(), clock.clone(), lock)?;
        Ok(Store(Arc::new(Open { dir, writer, readers, board, clock, keys, boot: random_boot()? })))
    }

    /// The clock that everything in the directory goes by.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.0.clock.clone()
    }

    /// The paths.
    pub fn dir(&self) -> &DataDir {
        &self.0.dir
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// Checks the whole database. Returns what is wrong with it, at most ten findings.
    pub async fn check(&self) -> Result<Vec<String>, PortError> {
        self.read(|connection| integrity(connection, 10).map_err(|error| StoreError::from(error).into()))
            .await
    }

    pub(crate) fn board(&self) -> &WakeBoard {
        &self.0.board
    }

    /// Names this process's claims.
    pub(crate) fn boot(&self) -> i64 {
        self.0.boot
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, PortError>
    where
        F: FnOnce(&mut Turn<'_>) -> Result<T, PortError> + Send + 'static,
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

fn open_database(path: &PathBuf, options: &Options) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(256);
    plan_once(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match options.durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    // What a savepoint keeps to go back to stays in memory: no file is made for it.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    if let Some(pages) = options.max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    schema::migrate(&mut connection, path)?;
    let size = std::fs::metadata(path).map_err(|source| StoreError::file("read", path, source))?.len();
    if size <= MAX_CHECKED_BYTES
        && let Some(detail) = integrity(&connection, 1)?.pop()
    {
        return Err(StoreError::Corrupt { path: path.clone(), detail });
    }
    Ok(connection)
}

/// A statement is planned when it is prepared and never again. Otherwise SQLite lets the values that are bound to it
/// guide the plan, and prepares it anew at every call.
pub(crate) fn plan_once(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn corrupt(error: StoreError, path: &Path) -> StoreError {
    match &error {
        StoreError::Database(sqlite)
            if matches!(
                sqlite.sqlite_error_code(),
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
            ) =>
        {
            StoreError::Corrupt { path: path.to_owned(), detail: sqlite.to_string() }
        }
        _ => error,
    }
}

fn integrity(connection: &Connection, most: u32) -> Result<Vec<String>, rusqlite::Error> {
    let mut statement = connection.prepare(&format!("PRAGMA quick_check({most})"))?;
    let findings: Result<Vec<String>, _> = statement.query_map([], |row| row.get(0))?.collect();
    Ok(findings?.into_iter().filter(|finding| finding != "ok").collect())
}

/// The directory is ours alone, so whoever claimed a message before is dead. The receives count: the message may be
/// what killed him.
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
    use std::io::{Seek, SeekFrom, Write};

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

    #[test]
    fn a_corrupt_database_is_refused_by_name() {
        for (offset, what) in [(0, "header"), (4096, "first table"), (5 * 4096, "an index")] {
            let root = tempfile::tempdir().unwrap();
            drop(open(root.path()).unwrap());
            let path = root.path().join("semblante.db");
            let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.seek(SeekFrom::Start(offset)).unwrap();
            file.write_all(&[0xa5; 2048]).unwrap();
            drop(file);
            assert!(matches!(open(root.path()), Err(StoreError::Corrupt { .. })), "{what}");
        }
    }

    #[test]
    fn a_newer_schema_is_refused_by_name() {
        let root = tempfile::tempdir().unwrap();
        drop(open(root.path()).unwrap());
        let connection = Connection::open(root.path().join("semblante.db")).unwrap();
        connection.pragma_update(None, "user_version", schema::NEWEST + 1).unwrap();
        drop(connection);
        let Err(error) = open(root.path()) else { panic!("opened a newer schema") };
        assert!(error.to_string().contains("schema"), "{error}");
        assert!(matches!(error, StoreError::NewerSchema { .. }));
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
                .write(move |turn| {
                    let big = "x".repeat(20_000);
                    let both = turn
                        .connection
                        .execute(insert, (&id, &big))
                        .and_then(|_| turn.connection.execute(insert, (format!("{id}b"), &big)));
                    both.map_err(crate::error::sql)
                })
                .await;
            match result {
                Ok(_) => written += 1,
                Err(error) => break error,
            }
            assert!(written < 100);
        };
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

    #[test]
    fn statements_are_planned_once() {
        let connection = Connection::open_in_memory().unwrap();
        plan_once(&connection).unwrap();
        connection.execute_batch("CREATE TABLE t (x)").unwrap();
        let mut select = connection.prepare("SELECT x FROM t ORDER BY x LIMIT ?1").unwrap();
        for most in 1..10 {
            assert_eq!(select.query_map([most], |_| Ok(())).unwrap().count(), 0);
        }
        assert_eq!(select.get_status(rusqlite::StatementStatus::RePrepare), 0);
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
                let work = move |turn: &mut Turn<'_>| {
                    wait.recv().map_err(PortError::broken)?;
                    drop(held);
                    turn.connection
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
        assert_eq!(rows, 1, "its caller is gone, it stands");
    }

    #[tokio::test]
    async fn a_panicking_command_hurts_nobody_else() {
        let root = tempfile::tempdir().unwrap();
        let store = open(root.path()).unwrap();
        let panicking = store.write::<(), _>(|_| panic!("on purpose"));
        let fine = store.write(|turn| Ok(turn.now_ms));
        let (panicked, fine) = tokio::join!(panicking, fine);
        assert!(panicked.is_err());
        assert!(fine.unwrap() > 0);
    }
}
