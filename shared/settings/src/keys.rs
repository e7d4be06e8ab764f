//! The table of keys. A key is set by `SEMBLANTE_<KEY>` in the environment; the command reads it from flags and
//! semblante.toml as well, and semblante.toml.example shows it. template.yaml sets what the functions read.
//!
//! To add a key: its line here, a field where it is read (`semblante`: cli/src/settings; functions: lambda/src/settings.rs),
//! and its line in semblante.toml.example or in template.yaml.

use crate::choices::*;
use crate::values::*;
use domain::network::Network;
use domain::{QueueName, Stage};
use std::path::PathBuf;
use std::time::Duration;

/// A setting: its name, its default, what it is for, and how its text is read.
pub struct Key<T> {
    pub name: &'static str,
    /// None: of the functions alone, which have no defaults.
    pub default: Option<&'static str>,
    pub help: &'static str,
    pub read: fn(&str) -> Result<T, Expected>,
}

const fn key<T>(
    name: &'static str,
    default: &'static str,
    help: &'static str,
    read: fn(&str) -> Result<T, Expected>,
) -> Key<T> {
    Key { name, default: Some(default), help, read }
}

const fn of_functions<T>(
    name: &'static str,
    help: &'static str,
    read: fn(&str) -> Result<T, Expected>,
) -> Key<T> {
    Key { name, default: None, help, read }
}

#[rustfmt::skip] // one key a line, like the table it is
mod table {
    use super::*;

    // The command's, and of some functions.
    pub const BACKEND: Key<Backend> = key("backend", "embedded", "Where data is stored: embedded (a data directory) or aws (an AWS account)", |text| choice(text, &BACKENDS));
    pub const DATA: Key<PathBuf> = key("data", "data", "Directory of database, objects and keys; created at the first start", path);
    pub const DURABILITY: Key<Durability> = key("durability", "full", "Durability of acknowledged writes: full survives power loss, normal a crash", |text| choice(text, &DURABILITIES));
    pub const MAX_RECEIVES: Key<u32> = key("max_receives", "10", "Receives of a message before it is a dead letter; queue uploads: at least 20", |text| whole(text, 1..=1000));
    pub const FACE_ENGINE: Key<FaceEngine> = key("face_engine", "embedded", "Face engine: embedded, or rekognition (Amazon Rekognition, paid per photo)", |text| choice(text, &FACE_ENGINES));
    pub const MODELS_DIR: Key<PathBuf> = key("models_dir", "models", "Directory of the embedded face engine's networks (`make models`)", path);
    pub const EMOTION_PRIOR: Key<f64> = key("emotion_prior", "0.25", "How far the embedded engine weighs emotions by their everyday frequency: 0 not, 1 fully", share);
    pub const PICTURE_SIZE: Key<u16> = key("picture_size", "1024", "Width and height of generated pictures, in pixels", |text| whole(text, 16..=2048));
    pub const MELODY_BARS: Key<Option<u32>> = key("melody_bars", "0", "Bars of generated melodies, at most 16; 0 leaves it to the emotion", bars);
    pub const LISTEN: Key<String> = key("listen", "127.0.0.1:8080", "Address and port that `up` listens on; port 0 takes a free one", address);
    pub const PUBLIC_URL: Key<String> = key("public_url", "", "Scheme, host and port that links begin with; empty: the listen address", web_origin);
    pub const METRICS_LISTEN: Key<Option<String>> = key("metrics_listen", "", "Address and port that `up` serves /metrics on (Prometheus); empty: nowhere", optional_address);
    pub const TRUSTED_PROXIES: Key<Vec<Network>> = key("trusted_proxies", "", "Addresses or networks of proxies whose X-Forwarded-For counts, comma-separated", networks);
    pub const DEMO_USER: Key<DemoUser> = key("demo_user", "auto", "Account without a password, for everyone: on, off, or auto (on if all is loopback)", |text| choice(text, &DEMO_USERS));
    pub const TENANT_SIGNUP: Key<bool> = key("tenant_signup", "open", "Whether a signup may create a tenant, whose admin it makes: open, closed", |text| choice(text, &TENANT_SIGNUPS));
    pub const ENROLMENT: Key<Enrolment> = key("enrolment", "open", "Enrolling faces: off, account (by accounts) or open (without one too)", |text| choice(text, &ENROLMENTS));
    pub const ENROLMENT_RETENTION_DAYS: Key<Duration> = key("enrolment_retention_days", "365", "Days after its last match after which an enrolled face is erased", |text| whole(text, 1..=36_500).map(|days: u64| Duration::from_secs(days * 86_400)));
    pub const ACCEPT_TRAFFIC: Key<bool> = key("accept_traffic", "on", "off: every request except health checks gets 503", |text| choice(text, &SWITCH));
    pub const MAX_UPLOAD_BYTES: Key<u64> = key("max_upload_bytes", "20971520", "Maximum size of a photo that is put with a presigned URL, in bytes", |text| whole(text, 1024..=33_554_432));
    pub const MAX_CONNECTIONS: Key<usize> = key("max_connections", "512", "Maximum open connections; more wait in the system's backlog", |text| whole(text, 1..=65_536));
    pub const MAX_CONNECTIONS_PER_ADDRESS: Key<usize> = key("max_connections_per_address", "64", "Maximum open connections of an address (IPv6: of a /64); trusted proxies have no limit", |text| whole(text, 1..=65_536));
    pub const MAX_OPEN_UPLOADS: Key<u64> = key("max_open_uploads", "1000", "Maximum unfinished uploads and orders of a user; more get 429; 0: no limit", |text| whole(text, 0..=1_000_000_000));
    pub const MAX_DECLARED_BYTES: Key<u64> = key("max_declared_bytes", "8589934592", "Maximum bytes that a user has declared and not uploaded; more get 429; 0: no limit", |text| whole(text, 0..=i64::MAX as u64));
    pub const MAX_STORED_BYTES: Key<u64> = key("max_stored_bytes", "107374182400", "Maximum bytes of photos that a user stores; more get 507; 0: no limit", |text| whole(text, 0..=i64::MAX as u64));
    pub const ALLOWED_ORIGINS: Key<Vec<String>> = key("allowed_origins", "", "Origins that browsers may call from, comma-separated; * for all", web_origins);
    pub const POLL: Key<Vec<QueueName>> = key("poll", "all", "Queues that `up` works on: all, none, or comma-separated names", queues);
    pub const BUCKETS_IN_PATH: Key<bool> = key("buckets_in_path", "off", "on: bucket names in the path of URLs, for S3-compatible stores", |text| choice(text, &SWITCH));
    pub const LOG_FORMAT: Key<LogFormat> = key("log_format", "auto", "Format of log lines: text, json, or auto (text on a terminal)", |text| choice(text, &LOG_FORMATS));
    pub const LOG_LEVEL: Key<LogLevel> = key("log_level", "auto", "Minimum level, also by module: warn,embedded=debug; auto: up info, others warn", LogLevel::parse);

    // Outputs of the deployed template.yaml: the command's with backend aws, and every function's.
    pub const MEDIA_BUCKET: Key<String> = key("media_bucket", "", "With backend aws: the template's output MediaBucket", text);
    pub const USERS_PHOTOS_BUCKET: Key<String> = key("users_photos_bucket", "", "With backend aws: the template's output UsersPhotosBucket, if Enrolment is on", text);
    pub const QUEUE_URL_PREFIX: Key<String> = key("queue_url_prefix", "", "With backend aws: the template's output QueueUrlPrefix", text);
    pub const TABLE_PREFIX: Key<String> = key("table_prefix", "", "With backend aws: the template's output TablePrefix", text);
    pub const STATE_MACHINE: Key<String> = key("state_machine", "", "With backend aws: the template's output StateMachine", text);
    pub const EVENT_BUS: Key<String> = key("event_bus", "", "With backend aws: the template's output DomainBus", text);
    pub const SECRET: Key<String> = key("secret", "", "With backend aws: the template's output Secret", text);

    // Of functions alone.
    pub const ENTRANCE: Key<Entrance> = of_functions("entrance", "What function ingest receives: http (requests) or uploads (messages)", |text| choice(text, &ENTRANCES));
    pub const MAX_WAIT_SECONDS: Key<Duration> = of_functions("max_wait_seconds", "Longest `Prefer: wait` that is granted, in seconds", |text| seconds(text, 0..=900));
    pub const STAGE: Key<Option<Stage>> = of_functions("stage", "Stage that function worker runs", stage);
    pub const STAGE_TIME_SECONDS: Key<Duration> = of_functions("stage_time_seconds", "Time limit of a stage run, in seconds; less than the function's timeout", |text| seconds(text, 1..=900));
    pub const IMAGE_PROVIDER: Key<Provider> = of_functions("image_provider", "What generates pictures: embedded", |text| choice(text, &PROVIDERS));
    pub const MELODY_PROVIDER: Key<Provider> = of_functions("melody_provider", "What generates melodies: embedded", |text| choice(text, &PROVIDERS));
}

pub use table::*;
