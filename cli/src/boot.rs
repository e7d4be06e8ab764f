//! Settings to ports: the only file of this crate that names a backend.

use crate::settings::{Durability, Settings};
use domain::ports::{self, FaceEngine, Maker, PortError};
use embedded::{Options, Orchestrator, Policy, Store, StoreError, schema};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Files without rows that are younger may belong to a backup that is being restored.
const ORPHAN_AGE: Duration = Duration::from_secs(3600);

/// A data directory with everything in it.
pub struct Installation {
    /// What intake and the API work with.
    pub ports: ingest::Ports,
    orchestrator: Orchestrator,
    store: Store,
}

/// What looks at photos and makes art. The permits are shared: one per core, whatever computes.
pub struct Engines {
    /// Sees faces.
    pub faces: Arc<dyn FaceEngine>,
    /// Makes pictures.
    pub pictures: Arc<dyn Maker>,
    /// Makes melodies.
    pub melodies: Arc<dyn Maker>,
}

/// Why there are no ports.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The data directory cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is in it cannot be.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The face engine's networks cannot be used.
    #[error(transparent)]
    Models(#[from] vision::ModelError),
}

/// Opens the data directory and everything in it; made where it is not there, brought up to date where it is old.
pub async fn open(settings: &Settings, data: &Path, public_url: &str) -> Result<Installation, BootError> {
    let durability = match settings.durability {
        Durability::Full => embedded::Durability::Full,
        Durability::Normal => embedded::Durability::Normal,
    };
    let store = Store::open(data, Options { durability, ..Options::default() })?;
    let policy = Policy { most_receives: settings.max_receives, ..Policy::default() };
    let orchestrator = Orchestrator::open(&store).await?;
    let objects = embedded::Objects::new(&store, public_url);
    let found = objects.reconcile(ORPHAN_AGE).await?;
    if found.removed_files > 0 || !found.lost_objects.is_empty() {
        let lost = found.lost_objects.len();
        tracing::warn!(
            removed_files = found.removed_files,
            lost_objects = lost,
            "files and rows were reconciled"
        );
    }
    let ports = ingest::Ports {
        clock: store.clock(),
        dead_letters: Arc::new(embedded::DeadLetters::new(&store)),
        events: Arc::new(embedded::Events::new(&store)),
        faces: Arc::new(embedded::Faces::new(&store)),
        gallery: Arc::new(embedded::Gallery::new(&store)),
        objects: Arc::new(objects),
        orchestrator: Arc::new(orchestrator.clone()),
        queue: Arc::new(embedded::Queue::new(&store, policy)),
        uploads: Arc::new(embedded::Uploads::new(&store)),
        users: Arc::new(embedded::Users::new(&store)),
    };
    Ok(Installation { ports, orchestrator, store })
}

/// Loads the networks and sets up the makers.
pub fn engines(settings: &Settings) -> Result<Engines, BootError> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let permits = Arc::new(Semaphore::new(cores));
    let analyser = Arc::new(vision::Analyser::open(&settings.models_dir)?);
    let maker: Arc<dyn Maker> = Arc::new(muse::Muse::new(
        permits.clone(),
        muse::PictureSettings::default(),
        muse::MelodySettings::default(),
    ));
    Ok(Engines {
        faces: Arc::new(vision::FaceEngine::new(analyser, permits, false)),
        pictures: maker.clone(),
        melodies: maker,
    })
}

impl Installation {
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

    /// The name by which events call the bucket of uploads.
    pub fn uploads_bucket(&self) -> &'static str {
        domain::Bucket::Media.as_str()
    }

    /// What settling works with.
    pub fn worker_ports(&self, events: Arc<dyn ports::Events>) -> workers::Ports {
        let ports = self.ports.clone();
        workers::Ports {
            clock: ports.clock,
            dead_letters: ports.dead_letters,
            events,
            faces: ports.faces,
            gallery: ports.gallery,
            objects: ports.objects,
            orchestrator: ports.orchestrator,
            queue: ports.queue,
            uploads: ports.uploads,
        }
    }
}

impl BootError {
    /// Whether another process has the data directory.
    pub fn is_in_use(&self) -> bool {
        matches!(self, BootError::Store(StoreError::InUse(_)))
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            BootError::Models(_) => "fetch the networks: make models",
            BootError::Port(_) => "try again; if it stays so, report it",
            BootError::Store(error) => remedy(error),
        }
    }
}

fn remedy(error: &StoreError) -> &'static str {
    match error {
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
