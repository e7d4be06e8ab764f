//! Connections that only read, beside the writer: WAL lets them see the last commit while the next one is written.

use crate::error::StoreError;
use crate::store::plan_once;
use domain::ports::PortError;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Readers at a time; more wait.
const READERS: usize = 4;

/// A pool of reading connections.
#[derive(Clone)]
pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(database: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connections: Result<Vec<_>, rusqlite::Error> = (0..READERS)
            .map(|_| {
                let connection = Connection::open_with_flags(database, flags)?;
                connection.set_prepared_statement_cache_capacity(64);
                plan_once(&connection)?;
                connection.busy_timeout(std::time::Duration::from_secs(5))?;
                Ok(connection)
            })
            .collect();
        Ok(Readers { idle: Arc::new(Mutex::new(connections?)), permits: Arc::new(Semaphore::new(READERS)) })
    }

    /// Reads the last commit, off the async threads.
    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, PortError>
    where
        F: FnOnce(&Connection) -> Result<T, PortError> + Send + 'static,
        T: Send + 'static,
    {
        let closed = || PortError::from(StoreError::NoAnswer("the store is closed"));
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| closed())?;
        let idle = self.idle.clone();
        let task = tokio::task::spawn_blocking(move || {
            let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some(connection) = taken else { return Err(closed()) };
            let answer = query(&connection);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(permit);
            answer
        });
        task.await.map_err(|_| PortError::from(StoreError::NoAnswer("a query panicked")))?
    }
}
