//! The settings of the functions. template.yaml sets each of them; none has a default.

use domain::Stage;
use domain::network::Network;
use ingest::http::Quota;
use settings::{Enrolment, Entrance, FaceEngine, Problems, Reader, Resources, keys};
use std::path::PathBuf;
use std::time::Duration;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// What every function reads.
#[derive(Clone, Debug)]
pub struct Settings {
    pub log_level: Targets,
    /// Receives of a message before it becomes a dead letter: the queues' own limit.
    pub max_receives: u32,
    pub resources: Resources,
}

/// What function `ingest` reads besides, where it serves the HTTP API.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// Scheme and host that links begin with.
    pub public_url: String,
    pub accept_traffic: bool,
    /// The longest `Prefer: wait` that is granted.
    pub max_wait: Duration,
    pub quota: Quota,
    pub trusted_proxies: Vec<Network>,
    pub enrolment: Enrolment,
}

/// What function `worker` reads besides.
#[derive(Clone, Debug)]
pub struct StageSettings {
    pub stage: Stage,
    /// The time limit of one run: less than the function's timeout.
    pub time: Duration,
    pub faces: Option<FaceSettings>,
}

/// What the worker of face-detection reads besides.
#[derive(Clone, Debug)]
pub struct FaceSettings {
    pub engine: FaceEngine,
    /// Directory of the embedded engine's networks.
    pub models_dir: PathBuf,
    /// Share of the everyday prior in the embedded engine's emotions, 0..1.
    pub emotion_prior: f64,
}

impl Settings {
    /// Reads what every function needs, and with `more` what this one needs besides. Errors: everything that is
    /// missing, wrong or unknown.
    pub fn read<T>(mut reader: Reader, more: impl FnOnce(&mut Reader) -> T) -> Result<(Self, T), Problems> {
        let settings = Settings {
            log_level: reader.take(&keys::LOG_LEVEL).or(LevelFilter::INFO),
            max_receives: reader.take(&keys::MAX_RECEIVES),
            resources: Resources::read(&mut reader),
        };
        reader.require(&Resources::KEYS, "every function");
        let more = more(&mut reader);
        reader.finish()?;
        Ok((settings, more))
    }
}

impl ApiSettings {
    /// None where the function receives messages.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        (reader.take(&keys::ENTRANCE) == Entrance::Http).then(|| {
            let settings = ApiSettings {
                public_url: reader.take(&keys::PUBLIC_URL),
                accept_traffic: reader.take(&keys::ACCEPT_TRAFFIC),
                max_wait: reader.take(&keys::MAX_WAIT_SECONDS),
                quota: Quota {
                    max_open_uploads: reader.take(&keys::MAX_OPEN_UPLOADS),
                    max_declared_bytes: reader.take(&keys::MAX_DECLARED_BYTES),
                    max_stored_bytes: reader.take(&keys::MAX_STORED_BYTES),
                },
                trusted_proxies: reader.take(&keys::TRUSTED_PROXIES),
                enrolment: reader.take(&keys::ENROLMENT),
            };
            reader.require(&[&keys::PUBLIC_URL], "entrance = http");
            settings
        })
    }
}

impl StageSettings {
    /// Which keys there are depends on the stage.
    pub fn read(reader: &mut Reader) -> Self {
        let stage = reader.take(&keys::STAGE);
        let time = reader.take(&keys::STAGE_TIME_SECONDS);
        let mut faces = None;
        match stage {
            Some(Stage::FaceDetection) => {
                faces = Some(FaceSettings {
                    engine: reader.take(&keys::FACE_ENGINE),
                    models_dir: reader.take(&keys::MODELS_DIR),
                    emotion_prior: reader.take(&keys::EMOTION_PRIOR),
                });
            }
            Some(Stage::ImageGeneration) => drop(reader.take(&keys::IMAGE_PROVIDER)),
            Some(Stage::MelodyGeneration) => drop(reader.take(&keys::MELODY_PROVIDER)),
            _ => {}
        }
        // Without a stage the reader has noted that, and what stands here is never used.
        StageSettings { stage: stage.unwrap_or(Stage::FaceDetection), time, faces }
    }
}
