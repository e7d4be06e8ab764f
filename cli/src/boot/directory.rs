//! One machine: a data directory with everything in it.

use super::{BootError, Installation};
use crate::settings::{Durability, Settings};
use crate::signed_objects::SignedObjects;
use domain::ports::PortError;
use embedded::{Options, Orchestrator, Policy, Store, schema};
use ingest::{Metrics, NotifyingUploads, UploadNotifier};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Files without rows that are younger may belong to a backup that is being restored.
const ORPHAN_AGE: Duration = Duration::from_secs(3600);

/// What is there only on one machine: its database, and the state machine that runs in this process.
pub struct Directory {
    orchestrator: Orchestrator,
    store: Store,
}

/// Opens it.
pub async fn open(settings: &Settings, data: &Path, public_url: &str) -> Result<Installation, BootError> {
    let durability = match settings.durability {
        Durability::Full => embedded::Durability::Full,
        Durability::Normal => embedded::Durability::Normal,
    };
    let store = Store::open(data, Options { durability, ..Options::default() })?;
    let policy = Policy { max_receives: settings.max_receives, ..Policy::default() };
    let orchestrator = Orchestrator::open(&store).await?;
    let objects = embedded::Objects::new(&store, public_url);
    reconcile(&objects).await?;
    let urls = objects.signed_urls().clone();
    let metrics = Arc::new(Metrics::default());
    let notifier = Arc::new(UploadNotifier::default());
    let mut ports = embedded::ports(&store, &orchestrator, policy, public_url, metrics.clone());
    ports.uploads = Arc::new(NotifyingUploads::new(ports.uploads, notifier.clone()));
    let door = Arc::new(SignedObjects { urls, clock: ports.clock.clone() });
    let uploads_bucket = domain::Bucket::Media.as_str().to_owned();
    let directory = Some(Directory { orchestrator, store });
    Ok(Installation { ports, directory, door, metrics, notifier, uploads_bucket })
}

async fn reconcile(objects: &embedded::Objects) -> Result<(), PortError> {
    let found = objects.reconcile_all(ORPHAN_AGE).await?;
    if found.removed > 0 || !found.lost.is_empty() {
        let lost_objects = found.lost.len();
        tracing::warn!(removed_files = found.removed, lost_objects, "files and rows were reconciled");
    }
    Ok(())
}

impl Directory {
    /// The version of the database's schema.
    pub fn schema(&self) -> i64 {
        schema::NEWEST
    }

    /// Checks the whole database; what is wrong with it, none if all is well.
    pub async fn check(&self) -> Result<Vec<String>, PortError> {
        self.store.check().await
    }

    /// Fires the state machine's timers until `stop` ends.
    pub async fn run_timers(&self, stop: impl Future<Output = ()> + Send) {
        self.orchestrator.run_timers(stop).await;
    }
}
