//! The settings of the functions. template.yaml sets each; nothing has a default, so that nothing is guessed.

use crate::keys::{Keys, choice, text, whole};
use domain::Stage;
use std::path::PathBuf;
use std::time::Duration;
use tracing::Level;

/// What every function is told.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The least level that is logged.
    pub log_level: Level,
    /// Deliveries of a message before it is a dead letter: the queues' own limit.
    pub max_receives: u32,
    /// Bucket of uploads, previews and generated artefacts.
    pub media_bucket: String,
    /// Bucket of enrolment photos.
    pub users_photos_bucket: String,
    /// What stands before each queue's name in its URL.
    pub queue_url_prefix: String,
    /// What stands before each table's name.
    pub table_prefix: String,
    /// ARN of the pipeline's state machine.
    pub state_machine: String,
    /// The bus for events out.
    pub event_bus: String,
    /// The secret with the installation's keys: its name or ARN.
    pub secret: String,
}

/// What `ingest` receives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Entrance {
    /// Requests of the HTTP API.
    #[default]
    Http,
    /// Messages of queue `uploads`.
    Uploads,
}

/// What the HTTP API is told besides.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// Scheme and host under which clients reach it.
    pub public_url: String,
    /// Whether requests are answered at all.
    pub accept_traffic: bool,
    /// The longest `Prefer: wait`.
    pub max_wait: Duration,
}

/// What finds faces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FaceEngine {
    /// Amazon Rekognition.
    #[default]
    Rekognition,
    /// The networks of crate `vision`.
    Embedded,
}

/// What makes pictures, or melodies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provider {
    /// The makers of crate `muse`.
    #[default]
    Embedded,
}

/// What the worker of a stage is told besides.
#[derive(Clone, Debug)]
pub struct StageSettings {
    /// Which stage it is.
    pub stage: Stage,
    /// How long the stage may work on a message: less than the function may run.
    pub time: Duration,
    /// What finds faces; of face-detection only.
    pub face_engine: FaceEngine,
    /// Where the embedded face engine's networks are; of face-detection only.
    pub models_dir: PathBuf,
}

const LEVELS: [(&str, Option<Level>); 4] = [
    ("error", Some(Level::ERROR)),
    ("warn", Some(Level::WARN)),
    ("info", Some(Level::INFO)),
    ("debug", Some(Level::DEBUG)),
];
const SWITCH: [(&str, bool); 2] = [("on", true), ("off", false)];
const ENTRANCES: [(&str, Entrance); 2] = [("http", Entrance::Http), ("uploads", Entrance::Uploads)];
const FACE_ENGINES: [(&str, FaceEngine); 2] =
    [("rekognition", FaceEngine::Rekognition), ("embedded", FaceEngine::Embedded)];
const PROVIDERS: [(&str, Provider); 1] = [("embedded", Provider::Embedded)];

impl Settings {
    /// Takes them.
    pub fn take(keys: &mut Keys) -> Self {
        Settings {
            log_level: keys.take("LOG_LEVEL", choice(&LEVELS)).unwrap_or(Level::INFO),
            max_receives: keys.take("MAX_RECEIVES", whole(1)),
            media_bucket: keys.take("MEDIA_BUCKET", text),
            users_photos_bucket: keys.take("USERS_PHOTOS_BUCKET", text),
            queue_url_prefix: keys.take("QUEUE_URL_PREFIX", text),
            table_prefix: keys.take("TABLE_PREFIX", text),
            state_machine: keys.take("STATE_MACHINE", text),
            event_bus: keys.take("EVENT_BUS", text),
            secret: keys.take("SECRET", text),
        }
    }
}

impl Entrance {
    /// Takes it.
    pub fn take(keys: &mut Keys) -> Self {
        keys.take("ENTRANCE", choice(&ENTRANCES))
    }
}

impl ApiSettings {
    /// Takes them.
    pub fn take(keys: &mut Keys) -> Self {
        ApiSettings {
            public_url: keys.take("PUBLIC_URL", origin),
            accept_traffic: keys.take("ACCEPT_TRAFFIC", choice(&SWITCH)),
            max_wait: seconds(keys.take("MAX_WAIT_SECONDS", whole(0))),
        }
    }
}

impl StageSettings {
    /// Takes them. Which there are depends on the stage: a picture's worker is told nothing of faces.
    pub fn take(keys: &mut Keys) -> Self {
        let stage = keys.take("STAGE", |raw| Stage::parse(raw).map(Some).map_err(|_| "a stage".into()));
        let mut settings = StageSettings {
            stage: stage.unwrap_or(Stage::FaceDetection),
            time: seconds(keys.take("STAGE_TIME_SECONDS", whole(1))),
            face_engine: FaceEngine::default(),
            models_dir: PathBuf::new(),
        };
        match stage {
            Some(Stage::FaceDetection) => {
                settings.face_engine = keys.take("FACE_ENGINE", choice(&FACE_ENGINES));
                settings.models_dir = keys.take("MODELS_DIR", text).into();
            }
            Some(Stage::ImageGeneration) => {
                keys.take("IMAGE_PROVIDER", choice(&PROVIDERS));
            }
            Some(Stage::MelodyGeneration) => {
                keys.take("MELODY_PROVIDER", choice(&PROVIDERS));
            }
            _ => {}
        }
        settings
    }
}

fn seconds(number: u32) -> Duration {
    Duration::from_secs(number.into())
}

/// A scheme and a host, no path.
fn origin(raw: &str) -> Result<String, String> {
    let host = raw.strip_prefix("https://").or_else(|| raw.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains('/') => Ok(raw.to_owned()),
        _ => Err("a scheme and a host without a path".to_owned()),
    }
}
