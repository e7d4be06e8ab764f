//! An opened installation, and why one cannot be opened.

use domain::Ports;
use domain::ports::PortError;
use embedded::{Orchestrator, Store, StoreError, schema};
use ingest::auth::NoKeys;
use ingest::http::UrlVerifier;
use ingest::{Metrics, UploadNotifier};
use std::sync::Arc;

/// Everything of an installation, wherever it is stored.
pub struct Installation {
    pub ports: Ports,
    /// None in an AWS account.
    pub machine: Option<Machine>,
    pub url_verifier: Arc<dyn UrlVerifier>,
    pub metrics: Arc<Metrics>,
    /// Notified of every upload that is saved through `ports`.
    pub notifier: Arc<UploadNotifier>,
    /// The name that events use for the bucket of uploads.
    pub uploads_bucket: String,
}

/// What only an installation on one machine has: its database, and the state machine that runs in this process.
pub struct Machine {
    pub orchestrator: Orchestrator,
    pub store: Store,
}

#[derive(Debug, thiserror::Error)]
pub enum BootError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Port(#[from] PortError),
    /// The face engine's networks cannot be used.
    #[error(transparent)]
    Models(#[from] vision::ModelError),
    #[error(transparent)]
    Auth(#[from] NoKeys),
    #[cfg(not(feature = "aws"))]
    #[error("setting {0} asks for AWS, and this program is built without it (cargo build --features aws)")]
    WithoutAws(&'static str),
}

impl Installation {
    /// Returns when another process can open the data directory. An account needs no closing.
    pub async fn close(&self) {
        if let Some(machine) = &self.machine {
            machine.store.close().await;
        }
    }
}

impl Machine {
    /// The version of the database's schema.
    pub fn schema(&self) -> i64 {
        schema::NEWEST
    }

    /// Checks the whole database; the list of damages is empty if there are none.
    pub async fn check(&self) -> Result<Vec<String>, PortError> {
        self.store.check().await
    }
}

impl BootError {
    /// Whether another process holds the data directory.
    pub fn is_in_use(&self) -> bool {
        matches!(self, BootError::Store(StoreError::InUse { .. }))
    }

    /// The error with what a person can do about it.
    pub fn with_remedy(self) -> anyhow::Error {
        anyhow::anyhow!("{self}: {}", self.remedy())
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> String {
        let remedy = match self {
            BootError::Models(_) => "fetch the networks: make models",
            BootError::Auth(_) => "make keys/ in the data directory readable, or restore it from a backup",
            BootError::Port(_) => "try again; if it persists, report it",
            #[cfg(not(feature = "aws"))]
            BootError::WithoutAws(_) => {
                "leave the setting at embedded, or use a program that is built with AWS"
            }
            BootError::Store(error) => return store_remedy(error),
        };
        remedy.to_owned()
    }
}

fn store_remedy(error: &StoreError) -> String {
    let remedy = match error {
        StoreError::InUse { pid: Some(pid), .. } => {
            return format!("stop that process (kill {pid}), or set `data` to another directory");
        }
        StoreError::InUse { .. } => "stop the other process, or set `data` to another directory",
        StoreError::NewerSchema { .. } => "use the release that wrote it, or a later one",
        StoreError::Corrupt { .. } => "restore the data directory from a backup",
        StoreError::Foreign(_) => "set `data` to a directory of Semblante's own",
        StoreError::DamagedKey(_) => "restore the key file from a backup",
        StoreError::OpenKey { .. } => "run chmod 600 on the key file",
        StoreError::DiskFull => "make room on the disk",
        StoreError::File { .. } => {
            "make the path a directory that this user may write, or set `data` to another"
        }
        StoreError::Randomness(_) => "see the documentation of the operating system",
        StoreError::Database(_)
        | StoreError::Busy
        | StoreError::Closed
        | StoreError::Panicked(_)
        | StoreError::NotCommitted(_) => "try again; if it persists, report it",
    };
    remedy.to_owned()
}
