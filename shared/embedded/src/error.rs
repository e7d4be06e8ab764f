//! Errors of a data directory, and the [`PortError`]s that they become.

use domain::ports::{PortError, PortErrorKind};
use rusqlite::ErrorCode;
use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Without a pid where the holder did not write it.
    #[error("the data directory {} is in use by {}", data.display(), process(*pid))]
    InUse { data: PathBuf, pid: Option<u32> },
    #[error("the database {} has schema {found}; this release knows schemas up to {known}", path.display())]
    NewerSchema { path: PathBuf, found: i64, known: i64 },
    #[error("the database {} is corrupt: {detail}", path.display())]
    Corrupt { path: PathBuf, detail: String },
    #[error("{} is not a database of Semblante", .0.display())]
    Foreign(PathBuf),
    #[error("the key file {} is damaged: it must hold 64 hexadecimal digits", .0.display())]
    DamagedKey(PathBuf),
    #[error(
        "the key file {} is open to other users of the machine (mode {mode:o}): run chmod 600 on it, and replace the key if others may have read it",
        path.display()
    )]
    OpenKey { path: PathBuf, mode: u32 },
    /// Of the disk, or of the limit that was set for the database.
    #[error("no space left for the data directory")]
    DiskFull,
    #[error("{action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("database: {0}")]
    Database(#[source] rusqlite::Error),
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
    #[error("the database is busy")]
    Busy,
    #[error("the store is closed")]
    Closed,
    #[error("{0} panicked")]
    Panicked(&'static str),
    /// The transaction failed that a write shared with others.
    #[error("the commit failed: {0}")]
    NotCommitted(String),
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

impl StoreError {
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
            StoreError::Busy => PortErrorKind::Busy,
            _ => PortErrorKind::Broken,
        };
        PortError::new(kind, error)
    }
}

pub(crate) fn sql(error: rusqlite::Error) -> PortError {
    StoreError::from(error).into()
}

/// A row that cannot be parsed means a broken database, not a missing row.
pub(crate) fn unreadable(error: impl std::fmt::Display) -> PortError {
    PortError::broken(format!("a row cannot be read: {error}"))
}
