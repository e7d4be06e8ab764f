//! Settings to ports. Only the files of this folder name a backend.

#[cfg(feature = "aws")]
mod account;
mod directory;
mod installation;

pub use directory::{database, open as open_directory};
pub use installation::{BootError, Installation};

use crate::settings::Settings;
use ::settings::{Backend, FaceEngine};
use axum::Router;
use domain::ports::{self, Maker};
use ingest::auth::{AuthService, AuthSettings};
use ingest::http::{App, HttpSettings};
use ingest::installation::{InstallationDocument, Runtime};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What computes, and the permits that all computations share: one per core.
pub struct Engines {
    pub stages: workers::Engines,
    pub cores: Arc<Semaphore>,
}

/// Opens the installation that the settings name.
pub async fn open(settings: &Settings, public_url: &str) -> Result<Installation, BootError> {
    match settings.backend {
        Backend::Embedded => open_directory(settings, &settings.data, public_url).await,
        #[cfg(feature = "aws")]
        Backend::Aws => Ok(account::open(settings).await),
        #[cfg(not(feature = "aws"))]
        Backend::Aws => Err(BootError::WithoutAws("backend")),
    }
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
    let faces = face_engine(settings, permits.clone()).await?;
    let stages = workers::Engines { faces, pictures: maker.clone(), melodies: maker };
    Ok(Engines { stages, cores: permits })
}

async fn face_engine(
    settings: &Settings,
    permits: Arc<Semaphore>,
) -> Result<Arc<dyn ports::FaceEngine>, BootError> {
    match settings.face_engine {
        FaceEngine::Embedded => {
            let analyser = Arc::new(vision::Analyser::open(&settings.models_dir)?);
            Ok(Arc::new(vision::FaceEngine::new(analyser, permits, settings.emotion_prior)))
        }
        #[cfg(feature = "aws")]
        FaceEngine::Rekognition => Ok(account::face_engine(permits).await),
        #[cfg(not(feature = "aws"))]
        FaceEngine::Rekognition => Err(BootError::WithoutAws("face_engine")),
    }
}

/// The API, with authentication, below `public_url`.
pub async fn routes(
    installation: &Installation,
    engines: &Engines,
    settings: &Settings,
    public_url: &str,
) -> Result<Router, BootError> {
    let ports = &installation.ports;
    let auth_settings = AuthSettings {
        trusted_proxies: settings.trusted_proxies.clone(),
        demo_user: settings.has_demo_user(),
        tenant_signup: settings.tenant_signup,
        ..AuthSettings::new(public_url)
    };
    let http = HttpSettings {
        accept_traffic: settings.accept_traffic,
        allowed_origins: settings.allowed_origins.clone(),
        max_photo_bytes: settings.max_upload_bytes,
        quota: settings.quota,
        // A waiting request holds a connection; half of them are for requests that do not wait.
        max_waiters: settings.max_connections / 2,
        ..HttpSettings::new(public_url)
    };
    let runtime = match settings.backend {
        Backend::Embedded => Runtime::OneMachine,
        Backend::Aws => Runtime::Aws,
    };
    let document = InstallationDocument::new(runtime, &http, &auth_settings);
    let auth = Arc::new(AuthService::open(ports.clone(), auth_settings, engines.cores.clone()).await?);
    let app = App {
        ports: ports.clone(),
        auth: auth.clone(),
        url_verifier: installation.url_verifier.clone(),
        metrics: installation.metrics.clone(),
        notifier: installation.notifier.clone(),
        settings: http,
    };
    let others = ingest::auth::routes(auth).merge(ingest::installation::routes(document));
    Ok(ingest::http::router_beside(app, others))
}
