//! Settings to ports. This file and those below it are the only ones of this crate that name a backend.

#[cfg(feature = "aws")]
mod account;
mod directory;

use crate::settings::{Backend, FaceEngineChoice, Settings};
use axum::Router;
use directory::Directory;
use domain::Ports;
use domain::ports::{FaceEngine, Maker, PortError};
use embedded::StoreError;
use ingest::auth::{AuthService, AuthSettings, NoKeys};
use ingest::http::{App, HttpSettings, UrlVerifier};
use ingest::{Metrics, UploadNotifier};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Everything that an installation keeps, wherever it keeps it.
pub struct Installation {
    /// What intake and the API work with.
    pub ports: Ports,
    /// What is there only on one machine.
    pub directory: Option<Directory>,
    door: Arc<dyn UrlVerifier>,
    metrics: Arc<Metrics>,
    notifier: Arc<UploadNotifier>,
    uploads_bucket: String,
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
    Auth(#[from] NoKeys),
    /// This binary has no AWS in it.
    #[cfg(not(feature = "aws"))]
    #[error(
        "setting {0} asks for AWS; this program is built without it (cargo build --features aws builds it in)"
    )]
    WithoutAws(&'static str),
}

/// Opens the installation that the settings name: a data directory, or what the template made in an AWS account.
pub async fn open(settings: &Settings, public_url: &str) -> Result<Installation, BootError> {
    match settings.backend {
        Backend::Embedded => open_directory(settings, &settings.data, public_url).await,
        #[cfg(feature = "aws")]
        Backend::Aws => Ok(account::open(settings).await),
        #[cfg(not(feature = "aws"))]
        Backend::Aws => Err(BootError::WithoutAws("backend")),
    }
}

/// Opens a data directory and everything in it, whatever the settings say of where things are; made where it is not
/// there, brought up to date where it is old.
pub async fn open_directory(
    settings: &Settings,
    data: &Path,
    public_url: &str,
) -> Result<Installation, BootError> {
    directory::open(settings, data, public_url).await
}

/// Loads the networks and sets up the makers.
pub async fn engines(settings: &Settings) -> Result<Engines, BootError> {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let permits = Arc::new(Semaphore::new(cores));
    let maker: Arc<dyn Maker> = Arc::new(muse::Muse::new(
        permits.clone(),
        muse::PictureSettings { size: settings.picture_size, ..Default::default() },
        muse::MelodySettings { bars: settings.melody_bars, ..Default::default() },
    ));
    Ok(Engines {
        faces: face_engine(settings, permits.clone()).await?,
        pictures: maker.clone(),
        melodies: maker,
        cores: permits,
    })
}

async fn face_engine(settings: &Settings, permits: Arc<Semaphore>) -> Result<Arc<dyn FaceEngine>, BootError> {
    match settings.face_engine {
        FaceEngineChoice::Embedded => {
            let analyser = Arc::new(vision::Analyser::open(&settings.models_dir)?);
            Ok(Arc::new(vision::FaceEngine::new(analyser, permits, false)))
        }
        #[cfg(feature = "aws")]
        FaceEngineChoice::Rekognition => Ok(account::face_engine(permits).await),
        #[cfg(not(feature = "aws"))]
        FaceEngineChoice::Rekognition => Err(BootError::WithoutAws("face_engine")),
    }
}

/// The API, with authentication, below `public_url`.
pub async fn routes(
    installation: &Installation,
    engines: &Engines,
    settings: &Settings,
    public_url: &str,
) -> Result<Router, BootError> {
    let Installation { ports, door, metrics, notifier, .. } = installation;
    let auth_settings = AuthSettings::new(public_url);
    let auth = AuthService::open(ports.clone(), auth_settings, engines.cores.clone()).await?;
    let auth = Arc::new(auth);
    let http = HttpSettings {
        accept_traffic: settings.accept_traffic,
        allowed_origins: settings.allowed_origins.clone(),
        max_photo_bytes: settings.max_upload_bytes,
        // Who waits holds a connection; half of them are for those who do not.
        max_waiters: settings.max_connections / 2,
        ..HttpSettings::new(public_url)
    };
    let app = App {
        ports: ports.clone(),
        auth: auth.clone(),
        url_verifier: door.clone(),
        metrics: metrics.clone(),
        notifier: notifier.clone(),
        settings: http,
    };
    Ok(ingest::http::router_beside(app, ingest::auth::routes(auth)))
}

impl Installation {
    /// Whether the secrets can be read.
    pub async fn check_secrets(&self) -> Result<(), PortError> {
        self.ports.secrets.token_seeds().await.map(drop)
    }

    /// The name by which events call the bucket of uploads.
    pub fn uploads_bucket(&self) -> &str {
        &self.uploads_bucket
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
            #[cfg(not(feature = "aws"))]
            BootError::WithoutAws(_) => "leave the setting at embedded, or use a program with AWS",
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
        StoreError::OpenKey { .. } => "run chmod 600 on the key file",
        StoreError::DiskFull => "make room on the disk",
        StoreError::File { .. } | StoreError::Randomness(_) => "see what the operating system says",
        StoreError::Database(_)
        | StoreError::Busy
        | StoreError::Closed
        | StoreError::Panicked(_)
        | StoreError::NotCommitted(_) => "try again; if it stays so, report it",
    }
}
