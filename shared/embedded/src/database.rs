//! Opens the SQLite database: its pragmas, its schema, its integrity.

use crate::error::StoreError;
use crate::schema;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fs::{OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// Databases up to this size are checked whole at every start; larger ones by `semblante doctor`.
const MAX_CHECKED_BYTES: u64 = 32 << 20;
/// How long a connection waits for another one's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Durability of acknowledged writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// They survive power loss: every commit is synced to the disk.
    #[default]
    Full,
    /// They survive the death of the process, and power loss mostly.
    Normal,
}

impl Durability {
    fn synchronous(self) -> &'static str {
        match self {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        }
    }
}

/// The connection that writes. The database is created or brought to the newest schema. `max_pages`: the most pages that it
/// may have; None: as many as the disk holds.
pub(crate) fn open_writer(
    path: &Path,
    durability: Durability,
    max_pages: Option<u32>,
) -> Result<Connection, StoreError> {
    prepare(path, durability, max_pages).map_err(|error| corrupt(error, path))
}

fn prepare(path: &Path, durability: Durability, max_pages: Option<u32>) -> Result<Connection, StoreError> {
    make_private(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(256);
    plan_once(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", durability.synchronous())?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // Deleted content is overwritten with zeros.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -32_768)?;
    // The journals of savepoints stay in memory and need no file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    if let Some(pages) = max_pages {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    schema::migrate(&mut connection, path)?;
    let size = std::fs::metadata(path).map_err(|source| StoreError::file("read", path, source))?.len();
    if size <= MAX_CHECKED_BYTES
        && let Some(detail) = integrity(&connection, 1)?.pop()
    {
        return Err(StoreError::Corrupt { path: path.to_owned(), detail });
    }
    Ok(connection)
}

/// The database and its logs are readable for their owner only. SQLite creates the logs with the mode of the database.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    open.map_err(|source| StoreError::file("open", path, source))?;
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.to_owned();
        file.as_mut_os_string().push(suffix);
        match std::fs::set_permissions(&file, Permissions::from_mode(0o600)) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(StoreError::file("set the permissions of", file, source));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Moves the write-ahead log into the database and empties it: no content that was overwritten or deleted is left in it.
/// Errors: [`StoreError::Busy`], a query did not end in time.
pub(crate) fn truncate_log(path: &Path) -> Result<(), StoreError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy { Err(StoreError::Busy) } else { Ok(()) }
}

/// A connection that only reads. WAL lets it see the last commit while the next one is written.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.set_prepared_statement_cache_capacity(64);
    plan_once(&connection)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// A statement is planned when it is prepared and never again. Otherwise SQLite lets the values that are bound to it
/// guide the plan, and prepares it anew at every call.
fn plan_once(connection: &Connection) -> Result<(), rusqlite::Error> {
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

/// Checks the whole database; returns up to `most` findings, none if it is intact.
pub(crate) fn integrity(connection: &Connection, most: u32) -> Result<Vec<String>, rusqlite::Error> {
    let mut statement = connection.prepare(&format!("PRAGMA quick_check({most})"))?;
    let findings: Result<Vec<String>, _> = statement.query_map([], |row| row.get(0))?.collect();
    Ok(findings?.into_iter().filter(|finding| finding != "ok").collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, SeekFrom, Write};

    fn open(path: &Path) -> Result<Connection, StoreError> {
        open_writer(path, Durability::Full, None)
    }

    #[test]
    fn a_corrupt_database_is_refused_by_name() {
        for (offset, what) in [(0, "header"), (4096, "first table"), (5 * 4096, "an index")] {
            let root = tempfile::tempdir().unwrap();
            let path = root.path().join("semblante.db");
            drop(open(&path).unwrap());
            let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.seek(SeekFrom::Start(offset)).unwrap();
            file.write_all(&[0xa5; 2048]).unwrap();
            drop(file);
            assert!(matches!(open(&path), Err(StoreError::Corrupt { .. })), "{what}");
        }
    }

    #[test]
    fn the_database_and_its_logs_are_private() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("semblante.db");
        std::fs::write(&path, b"").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let connection = open(&path).unwrap();
        connection.execute("INSERT INTO domain_event VALUES ('1', 0, 'x')", []).unwrap();
        for name in ["semblante.db", "semblante.db-wal", "semblante.db-shm"] {
            let mode = std::fs::metadata(root.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_newer_schema_is_refused_by_name() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("semblante.db");
        let connection = open(&path).unwrap();
        connection.pragma_update(None, "user_version", schema::NEWEST + 1).unwrap();
        drop(connection);
        let Err(error) = open(&path) else { panic!("opened a newer schema") };
        assert!(error.to_string().contains("schema"), "{error}");
        assert!(matches!(error, StoreError::NewerSchema { .. }));
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
}
