//! A pool of connections that only read, beside the writer.

use crate::database;
use crate::error::StoreError;
use domain::ports::PortError;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Concurrent queries; more wait.
const READERS: u32 = 4;

pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let connections: Result<Vec<_>, _> = (0..READERS).map(|_| database::open_reader(path)).collect();
        let permits = Arc::new(Semaphore::new(READERS as usize));
        Ok(Readers { idle: Arc::new(Mutex::new(connections?)), permits })
    }

    /// Runs a query on the last commit, off the async threads.
    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, PortError>
    where
        F: FnOnce(&Connection) -> Result<T, PortError> + Send + 'static,
        T: Send + 'static,
    {
        let closed = || PortError::from(StoreError::Closed);
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
        task.await.map_err(|_| PortError::from(StoreError::Panicked("a query")))?
    }

    /// Returns when running queries have ended and every connection is closed.
    pub(crate) async fn close(&self) {
        // An error means that the pool is closed already.
        if let Ok(all) = self.permits.acquire_many(READERS).await {
            self.permits.close();
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
            drop(all);
        }
    }
}
