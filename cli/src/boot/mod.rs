//! Settings to ports. Only the files of this folder name a backend.

#[cfg(feature = "aws")]
mod account;
mod directory;
mod installation;

pub use directory::{database, open as open_directory};
pub use installation::{BootError, Installation};

use crate::settings::Settings;
use ::settings::{Backend, Enrolment, FaceEngine};
use axum::Router;
use domain::TenantId;
use domain::ports::{self, Maker};
use ingest::auth::{AuthService, AuthSettings};
use ingest::enrolment::{EnrolmentService, EnrolmentSettings};
use ingest::http::{App, HttpSettings};
use ingest::installation::{InstallationDocument, Runtime};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What computes, and the permits that all computations share: one per core.
pub struct Engines {
    pub stages: workers::Engines,
    /// None where Rekognition finds the faces.
    analyser: Option<Arc<vision::Analyser>>,
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
    let analyser = match settings.face_engine {
        FaceEngine::Embedded => Some(Arc::new(vision::Analyser::open(&settings.models_dir)?)),
        FaceEngine::Rekognition => None,
    };
    let faces = face_engine(settings, analyser.clone(), permits.clone()).await?;
    let stages = workers::Engines { faces, pictures: maker.clone(), melodies: maker };
    Ok(Engines { stages, analyser, cores: permits })
}

async fn face_engine(
    settings: &Settings,
    analyser: Option<Arc<vision::Analyser>>,
    permits: Arc<Semaphore>,
) -> Result<Arc<dyn ports::FaceEngine>, BootError> {
    match analyser {
        Some(analyser) => Ok(Arc::new(vision::FaceEngine::new(analyser, permits, settings.emotion_prior))),
        #[cfg(feature = "aws")]
        None => Ok(account::face_engine(permits).await),
        #[cfg(not(feature = "aws"))]
        None => Err(BootError::WithoutAws("face_engine")),
    }
}

/// Compares faces with the engine that finds them.
async fn face_verifier(
    installation: &Installation,
    engines: &Engines,
) -> Result<Arc<dyn ports::FaceVerifier>, BootError> {
    let permits = engines.cores.clone();
    match engines.analyser.clone() {
        Some(analyser) => Ok(Arc::new(vision::FaceVerifier::new(analyser, permits))),
        #[cfg(feature = "aws")]
        None => Ok(account::face_verifier(installation.ports.objects.clone(), permits).await),
        #[cfg(not(feature = "aws"))]
        None => {
            drop((installation, permits));
            Err(BootError::WithoutAws("face_engine"))
        }
    }
}

/// Enrolments, unless they are switched off.
async fn enrolments(
    installation: &Installation,
    engines: &Engines,
    settings: &Settings,
    (auth, tenant, http): (Arc<AuthService>, TenantId, &HttpSettings),
) -> Result<Option<Arc<EnrolmentService>>, BootError> {
    if settings.enrolment() == Enrolment::Off {
        return Ok(None);
    }
    let enrolment = EnrolmentSettings {
        is_open: settings.enrolment() == Enrolment::Open,
        default_tenant: tenant,
        trusted_proxies: settings.trusted_proxies.clone(),
        public_url: http.public_url.clone(),
        max_photo_bytes: http.max_inline_bytes,
    };
    let verifier = face_verifier(installation, engines).await?;
    let service = EnrolmentService::new(installation.ports.clone(), auth, verifier, enrolment);
    Ok(Some(Arc::new(service)))
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
    let tenant = auth_settings.default_tenant.clone();
    let auth = Arc::new(AuthService::open(ports.clone(), auth_settings, engines.cores.clone()).await?);
    let faces = enrolments(installation, engines, settings, (auth.clone(), tenant, &http)).await?;
    let app = App {
        ports: ports.clone(),
        auth: auth.clone(),
        url_verifier: installation.url_verifier.clone(),
        metrics: installation.metrics.clone(),
        notifier: installation.notifier.clone(),
        settings: http,
    };
    let mut others = ingest::auth::routes(auth).merge(ingest::installation::routes(document));
    if let Some(faces) = faces {
        others = others.merge(ingest::enrolment::routes(faces));
    }
    Ok(ingest::http::router_beside(app, others))
}
