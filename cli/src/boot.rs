//! Settings to ports: the only file of this crate that names a backend.

use crate::object_door::SignedObjects;
use crate::settings::{Durability, Settings};
use axum::Router;
use domain::ports::{self, FaceEngine, Maker, PortError};
use embedded::{Options, Orchestrator, Policy, Store, StoreError, schema};
use ingest::auth::{AuthPorts, AuthService, AuthSettings, AuthSetupError};
use ingest::http::{App, HttpSettings};
use ingest::{Bell, Metrics, RingingUploads};
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
    metrics: Arc<Metrics>,
    bell: Arc<Bell>,
    orchestrator: Orchestrator,
    signed_urls: embedded::SignedUrls,
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
    /// One per core, for everything that computes.
    pub cores: Arc<Semaphore>,
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
    /// Authentication cannot be set up.
    #[error(transparent)]
    Auth(#[from] AuthSetupError),
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
    let signed_urls = objects.signed_urls().clone();
    let metrics = Arc::new(Metrics::default());
    let bell = Arc::new(Bell::default());
    let ports = ingest::Ports {
        clock: store.clock(),
        dead_letters: Arc::new(embedded::DeadLetters::new(&store)),
        events: Arc::new(embedded::Events::new(&store)),
        faces: Arc::new(embedded::Faces::new(&store)),
        gallery: Arc::new(embedded::Gallery::new(&store)),
        meter: metrics.clone(),
        objects: Arc::new(objects),
        orchestrator: Arc::new(orchestrator.clone()),
        queue: Arc::new(embedded::Queue::new(&store, policy)),
        uploads: Arc::new(RingingUploads::new(Arc::new(embedded::Uploads::new(&store)), bell.clone())),
        users: Arc::new(embedded::Users::new(&store)),
    };
    Ok(Installation { ports, metrics, bell, orchestrator, signed_urls, store })
}

/// Loads the networks and sets up the makers.
pub fn engines(settings: &Settings) -> Result<Engines, BootError> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let permits = Arc::new(Semaphore::new(cores));
    let analyser = Arc::new(vision::Analyser::open(&settings.models_dir)?);
    let maker: Arc<dyn Maker> = Arc::new(muse::Muse::new(
        permits.clone(),
        muse::PictureSettings { size: settings.picture_size, ..Default::default() },
        muse::MelodySettings { bars: settings.melody_bars, ..Default::default() },
    ));
    Ok(Engines {
        faces: Arc::new(vision::FaceEngine::new(analyser, permits.clone(), false)),
        pictures: maker.clone(),
        melodies: maker,
        cores: permits,
    })
}

/// The API, with authentication, below `public_url`.
pub fn routes(
    installation: &Installation,
    engines: &Engines,
    settings: &Settings,
    public_url: &str,
) -> Result<Router, BootError> {
    let Installation { ports, metrics, bell, signed_urls, store, .. } = installation;
    let auth_ports = AuthPorts {
        clock: ports.clock.clone(),
        sessions: Arc::new(embedded::Sessions::new(store)),
        throttle: Arc::new(embedded::Throttle::new(store)),
        users: ports.users.clone(),
    };
    let auth_settings = AuthSettings::new(public_url);
    let seeds = store.keys().token_seeds();
    let auth = Arc::new(AuthService::new(auth_ports, auth_settings, seeds, engines.cores.clone())?);
    let http = HttpSettings {
        accept_traffic: settings.accept_traffic,
        allowed_origins: settings.allowed_origins.clone(),
        most_photo_bytes: settings.max_upload_bytes,
        // Who waits holds a connection; half of them are for those who do not.
        most_waiters: settings.max_connections / 2,
        ..HttpSettings::new(public_url)
    };
    let app = App {
        ports: ports.clone(),
        auth: auth.clone(),
        door: Arc::new(SignedObjects { urls: signed_urls.clone(), clock: ports.clock.clone() }),
        metrics: metrics.clone(),
        bell: bell.clone(),
        settings: http,
    };
    Ok(ingest::http::router_beside(app, ingest::auth::routes(auth)))
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
            meter: ports.meter,
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
            BootError::Auth(_) => "see that keys/ in the data directory is readable and whole",
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
