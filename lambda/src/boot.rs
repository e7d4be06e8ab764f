//! Settings to ports: the only file of this crate that names a backend.

use crate::log_meter::LogMeter;
use crate::settings::{ApiSettings, FaceEngine, Settings, StageSettings};
use aws::{Clients, Connection, Resources};
use axum::Router;
use domain::ports::{self, Maker};
use domain::{Handler, Ports};
use ingest::Intake;
use ingest::auth::{AuthService, AuthSettings};
use ingest::http::{App, HttpSettings, NoLocalObjects};
use ingest::maintenance::Maintenance;
use std::sync::Arc;
use tokio::sync::Semaphore;
use workers::{DeadLetterHandler, Engines, Limits, Settle};

/// An installation in an AWS account.
pub struct Installation {
    ports: Ports,
    clients: Clients,
    resources: Arc<Resources>,
    limits: Limits,
}

/// Makes the clients, once for the life of the process. Nothing is asked of AWS yet.
pub async fn open(settings: &Settings) -> Installation {
    let clients = Clients::connect(&Connection::default()).await;
    let resources = Arc::new(Resources {
        media_bucket: settings.media_bucket.clone(),
        users_photos_bucket: settings.users_photos_bucket.clone(),
        queue_url_prefix: settings.queue_url_prefix.clone(),
        table_prefix: settings.table_prefix.clone(),
        state_machine_arn: settings.state_machine.clone(),
        event_bus: settings.event_bus.clone(),
        secret_id: settings.secret.clone(),
    });
    let ports = aws::ports(&clients, &resources, Arc::new(LogMeter));
    let limits = Limits { max_receives: settings.max_receives, ..Limits::default() };
    Installation { ports, clients, resources, limits }
}

impl Installation {
    /// What settles the messages of queue `uploads`.
    pub fn intake(&self) -> Arc<dyn Handler> {
        Arc::new(Intake::new(self.ports.clone(), &self.resources.media_bucket))
    }

    /// What settles the messages of a stage.
    pub fn stage(&self, settings: &StageSettings) -> anyhow::Result<Arc<dyn Handler>> {
        let limits = Limits { time: settings.time, ..self.limits };
        let engines = Engines { faces: self.face_engine(settings)?, pictures: maker(), melodies: maker() };
        let worker = workers::worker(settings.stage, &self.ports, &engines);
        Ok(Arc::new(Settle::new(self.ports.clone(), worker, limits)))
    }

    /// What settles the dead letters of any queue.
    pub fn dead_letters(&self) -> Arc<dyn Handler> {
        Arc::new(DeadLetterHandler::new(self.ports.clone()))
    }

    /// What looks after uploads that nobody asks for.
    pub fn maintenance(&self) -> Maintenance {
        Maintenance::new(self.ports.clone(), &self.resources.media_bucket)
    }

    /// Rows of dead letters.
    pub fn letters(&self) -> Arc<dyn ports::DeadLetters> {
        self.ports.dead_letters.clone()
    }

    /// The HTTP API. The gateway answers for CORS, so that nobody answers twice.
    pub async fn routes(&self, settings: &ApiSettings) -> anyhow::Result<Router> {
        let auth_settings = AuthSettings::new(&settings.public_url);
        let auth = Arc::new(AuthService::open(self.ports.clone(), auth_settings, permits()).await?);
        let http = HttpSettings {
            accept_traffic: settings.accept_traffic,
            max_wait: settings.max_wait,
            ..HttpSettings::new(&settings.public_url)
        };
        let app = App {
            ports: self.ports.clone(),
            auth: auth.clone(),
            url_verifier: Arc::new(NoLocalObjects),
            metrics: Arc::default(),
            notifier: Arc::default(),
            settings: http,
        };
        Ok(ingest::http::router_beside(app, ingest::auth::routes(auth)))
    }

    fn face_engine(&self, settings: &StageSettings) -> anyhow::Result<Arc<dyn ports::FaceEngine>> {
        Ok(match settings.face_engine {
            FaceEngine::Rekognition => Arc::new(aws::FaceEngine::new(&self.clients, permits())),
            FaceEngine::Embedded => {
                let analyser = Arc::new(vision::Analyser::open(&settings.models_dir)?);
                Arc::new(vision::FaceEngine::new(analyser, permits(), false))
            }
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
