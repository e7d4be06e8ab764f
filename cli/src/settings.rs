//! The settings: one struct, and the one table of keys.
//!
//! A key is set by a flag, else by `SEMBLANTE_<KEY>` in the environment, else in `semblante.toml`, else it has its
//! default. To add a key, add its field, its line in [`Settings::read`], and its line in `semblante.toml.example`.

use crate::settings_source::Sources;
use crate::settings_table::{Row, SettingsError, Table};
use crate::settings_value::{
    Expected, address, choice, log_level, path, queues, text, web_origin, web_origins, whole,
};
use domain::QueueName;
use muse::{MelodySettings, PictureSettings};
use std::path::PathBuf;
use tracing_subscriber::filter::Targets;

/// Where everything is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// In the data directory.
    Embedded,
    /// In an AWS account, in what template.yaml made there.
    Aws,
}

/// What finds faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaceEngineChoice {
    /// The networks of crate `vision`.
    Embedded,
    /// Amazon Rekognition.
    Rekognition,
}

/// What an acknowledged write survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A power cut.
    Full,
    /// The death of the process.
    Normal,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

const BACKENDS: [(&str, Backend); 2] = [("embedded", Backend::Embedded), ("aws", Backend::Aws)];
const FACE_ENGINES: [(&str, FaceEngineChoice); 2] =
    [("embedded", FaceEngineChoice::Embedded), ("rekognition", FaceEngineChoice::Rekognition)];
const DURABILITIES: [(&str, Durability); 2] = [("full", Durability::Full), ("normal", Durability::Normal)];
const SWITCH: [(&str, bool); 2] = [("on", true), ("off", false)];
const LOG_FORMATS: [(&str, LogFormat); 3] =
    [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];

/// Every setting, read and checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where everything is kept.
    pub backend: Backend,
    /// The data directory.
    pub data: PathBuf,
    /// What an acknowledged write survives.
    pub durability: Durability,
    /// Deliveries of a message before it is a dead letter.
    pub max_receives: u32,
    /// What finds faces.
    pub face_engine: FaceEngineChoice,
    /// Where the face engine's networks are.
    pub models_dir: PathBuf,
    /// Pixels along a side of the pictures that are made.
    pub picture_size: u16,
    /// Bars of the melodies that are made; None: the emotion's own.
    pub melody_bars: Option<u32>,
    /// Where `up` listens: address and port.
    pub listen: String,
    /// Scheme, host and port under which clients reach it; empty: where it listens.
    pub public_url: String,
    /// Whether requests are answered at all; if not, only those for health are.
    pub accept_traffic: bool,
    /// The most bytes of a photo that is put with a presigned URL.
    pub max_upload_bytes: u64,
    /// Connections that may be open at a time.
    pub max_connections: usize,
    /// Origins that browsers may call from.
    pub allowed_origins: Vec<String>,
    /// The queues whose messages `up` works on.
    pub poll: Vec<QueueName>,
    /// What template.yaml made in the AWS account; empty without backend `aws`.
    #[cfg_attr(not(feature = "aws"), expect(dead_code))]
    pub account: Account,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written.
    pub log_level: Targets,
}

/// What backend `aws` cannot do without.
const ACCOUNT_KEYS: [&str; 7] = [
    "media_bucket",
    "users_photos_bucket",
    "queue_url_prefix",
    "table_prefix",
    "state_machine",
    "event_bus",
    "secret",
];

/// The outputs of a deployed template.yaml, by their names there.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "aws"), expect(dead_code))]
pub struct Account {
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
    /// Buckets in the path and not in the host name.
    pub buckets_in_path: bool,
}

/// How many bars, or none for 0.
fn melody_bars(text: &str) -> Result<Option<u32>, Expected> {
    whole(0..=*MelodySettings::BARS.end())(text).map(|bars| (bars > 0).then_some(bars))
}

impl Settings {
    /// Reads the settings; the rows say the same for people, in the table's order. Errors name every key that is wrong
    /// and where it came from.
    pub fn read(sources: &Sources) -> Result<(Settings, Vec<Row>), SettingsError> {
        let mut keys = Table::new(sources)?;
        #[rustfmt::skip] // one key a line, like the table it is
        let settings = Settings {
            backend: keys.take("backend", "embedded", "Where everything is kept: embedded (the data directory), aws (an account)", choice(&BACKENDS)),
            data: keys.take("data", "data", "Directory of database, objects and keys; made at the first start", path),
            durability: keys.take("durability", "full", "An acknowledged write survives: full (a power cut), normal (a crash)", choice(&DURABILITIES)),
            max_receives: keys.take("max_receives", "5", "Deliveries of a message before it is a dead letter, in every queue", whole(1..=1000)),
            face_engine: keys.take("face_engine", "embedded", "What finds faces: embedded, rekognition (Amazon's, paid for each photo)", choice(&FACE_ENGINES)),
            models_dir: keys.take("models_dir", "models", "Directory of the face engine's networks (`make models`)", path),
            picture_size: keys.take("picture_size", "1024", "Pixels along a side of the pictures that are made", whole(PictureSettings::SIZES)),
            melody_bars: keys.take("melody_bars", "0", "Bars of the melodies that are made, at most 16; 0: the emotion's own", melody_bars),
            listen: keys.take("listen", "127.0.0.1:8080", "Address and port that `up` listens on; port 0 takes a free one", address),
            public_url: keys.take("public_url", "", "Scheme, host and port that links begin with; empty: where it listens", web_origin),
            accept_traffic: keys.take("accept_traffic", "on", "off: every request but those for health is answered with 503", choice(&SWITCH)),
            max_upload_bytes: keys.take("max_upload_bytes", "20971520", "The most bytes of a photo put with a presigned URL", whole(1024..=33_554_432)),
            max_connections: keys.take("max_connections", "512", "Connections that may be open at a time; more wait for their turn", whole(1..=65_536)),
            allowed_origins: keys.take("allowed_origins", "", "Origins that browsers may call from, comma between; * for all", web_origins),
            poll: keys.take("poll", "all", "Queues that `up` works on: all, none, or names with comma between", queues),
            account: Account {
                media_bucket: keys.take("media_bucket", "", "With backend aws: the template's output MediaBucket", text),
                users_photos_bucket: keys.take("users_photos_bucket", "", "With backend aws: the template's output UsersPhotosBucket", text),
                queue_url_prefix: keys.take("queue_url_prefix", "", "With backend aws: the template's output QueueUrlPrefix", text),
                table_prefix: keys.take("table_prefix", "", "With backend aws: the template's output TablePrefix", text),
                state_machine: keys.take("state_machine", "", "With backend aws: the template's output StateMachine", text),
                event_bus: keys.take("event_bus", "", "With backend aws: the template's output DomainBus", text),
                secret: keys.take("secret", "", "With backend aws: the template's output Secret", text),
                buckets_in_path: keys.take("buckets_in_path", "off", "on: buckets in the path of URLs, as many S3-compatible stores want it", choice(&SWITCH)),
            },
            log_format: keys.take("log_format", "auto", "Log lines: text, json, or auto (text on a terminal)", choice(&LOG_FORMATS)),
            log_level: keys.take("log_level", "info", "Least level that is logged, also by module: warn,embedded=debug", log_level),
        };
        if settings.backend == Backend::Aws {
            keys.require(&ACCOUNT_KEYS, "backend = aws");
        }
        Ok((settings, keys.finish()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::path::Path;

    fn example() -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../semblante.toml.example");
        std::fs::read_to_string(path).unwrap()
    }

    fn sources(toml: &str) -> (tempfile::TempDir, Sources) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("semblante.toml");
        std::fs::write(&config, toml).unwrap();
        (folder, Sources { config: Some(config), ..Sources::default() })
    }

    fn rows(sources: &Sources) -> Vec<Row> {
        Settings::read(sources).unwrap().1
    }

    #[test]
    fn the_example_changes_nothing() {
        let (_folder, given) = sources(&example());
        let (_empty, none) = sources("");
        assert_eq!(rows(&given), rows(&none));
    }

    #[test]
    fn the_example_shows_every_key_with_its_default_and_help() {
        let uncommented = |line: &str| match line.strip_prefix("#") {
            Some(setting) if !setting.starts_with(' ') => format!("{setting}\n"),
            _ => "\n".to_owned(),
        };
        let (_folder, given) = sources(&example().lines().map(uncommented).collect::<String>());
        let (_empty, none) = sources("");
        let shown = rows(&given);
        for (shown, default) in shown.iter().zip(rows(&none)) {
            assert_eq!((shown.key, &shown.value), (default.key, &default.value));
            assert_ne!(shown.origin, default.origin, "{} is not in the example", shown.key);
            assert!(example().contains(shown.help), "the example does not say what {} is for", shown.key);
        }
    }

    #[test]
    fn flags_beat_the_environment_beats_the_file_beats_the_default() {
        let (_folder, mut sources) = sources("data = 'of-file'\nlog_level = 'warn'\ndurability = 'normal'");
        let environment = [("SEMBLANTE_DATA", "of-environment"), ("SEMBLANTE_LOG_LEVEL", "debug")];
        sources.environment = BTreeMap::from(environment.map(|(name, value)| (name.into(), value.into())));
        sources.flags = vec![("--data".into(), "data".into(), "of-flag".into())];
        let (settings, rows) = Settings::read(&sources).unwrap();
        assert_eq!(settings.data, Path::new("of-flag"));
        assert_eq!(settings.durability, Durability::Normal);
        assert_eq!(settings.log_format, LogFormat::Auto);
        let given: Vec<(&str, String)> = rows
            .iter()
            .map(|row| (row.key, row.origin.to_string()))
            .filter(|(_, origin)| origin != "default")
            .collect();
        let [data, durability, log_level] = &given[..] else { panic!("{given:?}") };
        assert_eq!(data, &("data", "--data".to_owned()));
        assert!(durability.0 == "durability" && durability.1.ends_with("semblante.toml:3"), "{given:?}");
        assert_eq!(log_level, &("log_level", "SEMBLANTE_LOG_LEVEL".to_owned()));
    }

    #[test]
    fn a_wrong_value_of_every_key_names_key_and_origin() {
        for (key, wrong, expected) in [
            ("backend", "gcp", "one of embedded, aws"),
            ("face_engine", "opencv", "one of embedded, rekognition"),
            ("poll", "uploads,faces", "all, none, or queues of uploads, face-detection"),
            ("data", "", "a path"),
            ("durability", "half", "one of full, normal"),
            ("max_receives", "0", "a whole number from 1 to 1000, not \"0\""),
            ("models_dir", "", "a path"),
            ("picture_size", "15", "a whole number from 16 to 2048"),
            ("melody_bars", "17", "a whole number from 0 to 16"),
            ("listen", "8080", "an address and a port, such as 127.0.0.1:8080"),
            ("public_url", "example.org", "a scheme and a host"),
            ("accept_traffic", "yes", "one of on, off"),
            ("max_upload_bytes", "1", "a whole number from 1024 to 33554432"),
            ("max_connections", "0", "a whole number from 1 to 65536"),
            ("allowed_origins", "https://a.example/path", "scheme and host each"),
            ("buckets_in_path", "yes", "one of on, off"),
            ("log_format", "xml", "one of auto, text, json"),
            ("log_level", "loud", "off, error, warn"),
        ] {
            let (_folder, sources) = sources(&format!("\n{key} = '{wrong}'\n"));
            let error = Settings::read(&sources).unwrap_err().to_string();
            let sentence = format!("semblante.toml:2: setting {key} must be {expected}");
            assert!(error.contains(&sentence), "{error}");
        }
    }

    #[test]
    fn backend_aws_names_all_that_it_misses() {
        let (_folder, sources) = sources("backend = 'aws'\nstate_machine = 'arn'");
        let error = Settings::read(&sources).unwrap_err().to_string();
        let missing = ACCOUNT_KEYS.iter().filter(|key| **key != "state_machine");
        let told: Vec<String> =
            missing.map(|key| format!("setting {key} is missing: backend = aws needs it")).collect();
        assert_eq!(error, told.join("\n"));
    }

    #[test]
    fn every_key_is_told_in_a_line() {
        for row in rows(&sources("").1) {
            assert!(row.help.len() > 20 && row.help.len() < 90, "{}: {}", row.key, row.help);
            assert!(row.key.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", row.key);
        }
    }
}
