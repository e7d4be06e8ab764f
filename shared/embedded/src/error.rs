//! What can go wrong with a data directory, and how callers of ports see it.

use domain::ports::{PortError, PortErrorKind};
use rusqlite::ErrorCode;
use std::path::PathBuf;

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the directory's lock; None where it does not say which.
    #[error("the data directory {} is in use by {}", data.display(), process(*pid))]
    InUse { data: PathBuf, pid: Option<u32> },
    /// A later release wrote it.
    #[error("the database {} has schema {found}; this release knows schemas up to {known}", path.display())]
    NewerSchema {
        /// The database file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Not a database, or a damaged one.
    #[error("the database {} is corrupt: {detail}", path.display())]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A database of another program.
    #[error("{} is not a database of Semblante", .0.display())]
    Foreign(PathBuf),
    /// A key file that is not 32 bytes.
    #[error("the key file {} is damaged: it must hold 64 hexadecimal digits", .0.display())]
    DamagedKey(PathBuf),
    /// The disk, or the limit set for the database, is full.
    #[error("no space left for the database")]
    DiskFull,
    /// The file system failed.
    #[error("{action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What came of it.
        source: std::io::Error,
    },
    /// SQLite failed otherwise.
    #[error("database: {0}")]
    Database(#[source] rusqlite::Error),
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
    /// A command ended in a panic, or the store is closed.
    #[error("the store did not answer: {0}")]
    NoAnswer(&'static str),
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl StoreError {
    /// An error of the file system.
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        match source.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::FileTooLarge => StoreError::DiskFull,
            _ => StoreError::File { action, path: path.into(), source },
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::DiskFull,
            _ => StoreError::Database(error),
        }
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::Database(sqlite) => match sqlite.sqlite_error_code() {
                Some(ErrorCode::ConstraintViolation) => PortErrorKind::Conflict,
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => PortErrorKind::Busy,
                _ => PortErrorKind::Broken,
            },
            StoreError::DiskFull => PortErrorKind::Full,
            _ => PortErrorKind::Broken,
        };
        PortError::new(kind, error)
    }
}

/// SQLite's error as a port's.
pub(crate) fn sql(error: rusqlite::Error) -> PortError {
    StoreError::from(error).into()
}

/// A row that does not read back is a broken database, not a missing row.
pub(crate) fn unreadable(error: impl std::fmt::Display) -> PortError {
    PortError::broken(format!("a row does not read back: {error}"))
}
