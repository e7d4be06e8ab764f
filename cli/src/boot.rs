//! Settings to ports: the only file of this crate that names a backend.

use crate::settings::{Durability, Settings};
use domain::ports::{PortError, Queue};
use embedded::{Options, Policy, Store, StoreError, schema};
use std::sync::Arc;

/// What commands work with.
pub struct Ports {
    /// The queues.
    pub queue: Arc<dyn Queue>,
    store: Store,
}

/// Why there are no ports.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct BootError(#[from] StoreError);

/// Opens the data directory and everything in it; made where it is not there, brought up to date where it is old.
pub fn open(settings: &Settings) -> Result<Ports, BootError> {
    let durability = match settings.durability {
        Durability::Full => embedded::Durability::Full,
        Durability::Normal => embedded::Durability::Normal,
    };
    let store = Store::open(&settings.data, Options { durability, ..Options::default() })?;
    let policy = Policy { most_receives: settings.max_receives, ..Policy::default() };
    Ok(Ports { queue: Arc::new(embedded::Queue::new(&store, policy)), store })
}

impl Ports {
    /// The version of the database's schema.
    pub fn schema(&self) -> i64 {
        schema::NEWEST
    }

    /// Checks the whole database; what is wrong with it, none if all is well.
    pub async fn check(&self) -> Result<Vec<String>, PortError> {
        self.store.check().await
    }
}

impl BootError {
    /// Whether another process has the data directory.
    pub fn is_in_use(&self) -> bool {
        matches!(self.0, StoreError::InUse(_))
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match &self.0 {
            StoreError::InUse(_) => "stop the other process, or set `data` to another path",
            StoreError::NewerSchema { .. } => "use the release that wrote it, or a later one",
            StoreError::Corrupt { .. } => "restore the data directory from a backup",
            StoreError::Foreign(_) => "set `data` to a directory of Semblante's own",
            StoreError::DamagedKey(_) => "restore the key file from a backup",
            StoreError::DiskFull => "make room on the disk",
            StoreError::File { .. } | StoreError::Randomness(_) => "see what the operating system says",
            StoreError::Database(_) | StoreError::NoAnswer(_) => "try again; if it stays so, report it",
        }
    }
}
