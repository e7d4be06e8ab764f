//! Settings to ports: the only file of this crate that names a backend.

use crate::batch::Batches;
use crate::settings::{ApiSettings, Settings, StageSettings};
use crate::telemetry::{self, LogMeter};
use ::settings::{Enrolment, FaceEngine, Reader, Resources};
pub use aws::MaintenanceCursor;
use aws::{Clients, Connection};
use axum::Router;
use domain::ports::{self, Maker, PortError};
use domain::{Handler, Ports, QueueName};
use ingest::Intake;
use ingest::auth::{AuthService, AuthSettings};
use ingest::enrolment::{EnrolmentService, EnrolmentSettings};
use ingest::http::{App, HttpSettings, NoLocalObjects};
use ingest::installation::{InstallationDocument, Runtime};
use ingest::maintenance::Maintenance;
use lambda_runtime::Error;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use workers::{DeadLetterHandler, Engines, Limits, Settle};

/// Maximum size of a photo in a request: Lambda takes events of 6 MB, in which a photo is base64. Over that the gateway
/// answers by itself, without the advice to take a presigned URL.
const MAX_INLINE_BYTES: u64 = 4 << 20;

/// An installation in an AWS account.
pub struct Installation {
    ports: Ports,
    clients: Clients,
    resources: Arc<Resources>,
    limits: Limits,
}

/// Reads the settings out of the environment, `more` those of this function; starts the log; and makes the clients, once
/// for the life of the process. Nothing is asked of AWS yet.
pub async fn open<T>(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
    more: impl FnOnce(&mut Reader) -> T,
) -> Result<(Installation, T), Error> {
    let environment: BTreeMap<OsString, OsString> = environment.into_iter().collect();
    let reader = Reader::without_defaults(::settings::environment(&environment)?);
    let (settings, more) = Settings::read(reader, more)?;
    telemetry::start(settings.log_level);
    let clients = Clients::connect(&Connection::default()).await;
    let resources = Arc::new(settings.resources);
    let stack = resources.table_prefix.trim_end_matches('-').to_owned();
    let ports = aws::ports(&clients, &resources, Arc::new(LogMeter { stack }));
    let limits = Limits { max_receives: settings.max_receives, ..Limits::default() };
    Ok((Installation { ports, clients, resources, limits }, more))
}

impl Installation {
    /// Hands the messages of each queue to its handler.
    pub fn batches(&self, handlers: impl IntoIterator<Item = (QueueName, Arc<dyn Handler>)>) -> Batches {
        Batches::new(&self.resources.queue_url_prefix, handlers)
    }

    /// Handles the messages of queue `uploads`.
    pub fn intake(&self) -> Arc<dyn Handler> {
        Arc::new(Intake::new(self.ports.clone(), &self.resources.media_bucket))
    }

    /// Handles the messages of a stage.
    pub fn stage(&self, settings: &StageSettings) -> anyhow::Result<Arc<dyn Handler>> {
        let limits = Limits { time: settings.time, ..self.limits };
        let engines = Engines { faces: self.face_engine(settings)?, pictures: maker(), melodies: maker() };
        let worker = workers::worker(settings.stage, &self.ports, &engines);
        Ok(Arc::new(Settle::new(self.ports.clone(), worker, limits)))
    }

    /// Handles the dead letters of any queue.
    pub fn dead_letters(&self) -> Arc<dyn Handler> {
        Arc::new(DeadLetterHandler::new(self.ports.clone()))
    }

    pub fn maintenance(&self) -> Maintenance {
        Maintenance::new(self.ports.clone(), &self.resources.media_bucket)
    }

    /// Erases faces that have not matched for `retention`.
    pub async fn end_unused_enrolments(&self, retention: Duration) -> Result<usize, PortError> {
        ingest::enrolment::end_unused(&self.ports, retention).await
    }

    pub fn maintenance_cursor(&self) -> MaintenanceCursor {
        MaintenanceCursor::new(&self.clients, &self.resources)
    }

    pub fn dead_letter_rows(&self) -> Arc<dyn ports::DeadLetters> {
        self.ports.dead_letters.clone()
    }

    /// The HTTP API. CORS is left to the gateway: two answers to it would contradict each other.
    pub async fn routes(&self, settings: &ApiSettings) -> anyhow::Result<Router> {
        let auth_settings = AuthSettings {
            trusted_proxies: settings.trusted_proxies.clone(),
            // An answer of a function has at most 6 MB.
            max_exports: 0,
            ..AuthSettings::new(&settings.public_url)
        };
        let http = HttpSettings {
            accept_traffic: settings.accept_traffic,
            max_wait: settings.max_wait,
            quota: settings.quota,
            max_inline_bytes: MAX_INLINE_BYTES,
            ..HttpSettings::new(&settings.public_url)
        };
        let document = InstallationDocument::new(Runtime::Aws, &http, &auth_settings);
        let enrolment = EnrolmentSettings {
            is_open: settings.enrolment == Enrolment::Open,
            default_tenant: auth_settings.default_tenant.clone(),
            trusted_proxies: settings.trusted_proxies.clone(),
            public_url: settings.public_url.clone(),
            max_photo_bytes: MAX_INLINE_BYTES,
        };
        let auth = Arc::new(AuthService::open(self.ports.clone(), auth_settings, permits()).await?);
        let app = App {
            ports: self.ports.clone(),
            auth: auth.clone(),
            url_verifier: Arc::new(NoLocalObjects),
            metrics: Arc::default(),
            notifier: Arc::default(),
            settings: http,
        };
        let mut others = ingest::auth::routes(auth.clone()).merge(ingest::installation::routes(document));
        if settings.enrolment != Enrolment::Off {
            let objects = self.ports.objects.clone();
            let verifier = Arc::new(aws::FaceVerifier::new(&self.clients, objects, permits()));
            let service = EnrolmentService::new(self.ports.clone(), auth, verifier, enrolment);
            others = others.merge(ingest::enrolment::routes(Arc::new(service)));
        }
        Ok(ingest::http::router_beside(app, others))
    }

    fn face_engine(&self, settings: &StageSettings) -> anyhow::Result<Arc<dyn ports::FaceEngine>> {
        Ok(match &settings.faces {
            Some(faces) if faces.engine == FaceEngine::Embedded => {
                let analyser = Arc::new(vision::Analyser::open(&faces.models_dir)?);
                Arc::new(vision::FaceEngine::new(analyser, permits(), faces.emotion_prior))
            }
            _ => Arc::new(aws::FaceEngine::new(&self.clients, permits())),
        })
    }
}

fn maker() -> Arc<dyn Maker> {
    Arc::new(muse::Muse::new(permits(), muse::PictureSettings::default(), muse::MelodySettings::default()))
}

/// One for each core that the function has.
fn permits() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(1, |cores| cores.get())))
}
