//! The settings of the command. The table of keys is in crate `settings`; semblante.toml.example shows it.

mod sources;

pub use sources::{Flag, Sources};

use ::settings::{
    Backend, DemoUser, Durability, Enrolment, FaceEngine, LogFormat, LogLevel, Problems, Reader, Resources,
    Row, keys,
};
use domain::QueueName;
use domain::network::Network;
use ingest::http::Quota;
use sources::SourceError;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Every setting, read and checked. [`keys`] says what each is for.
#[derive(Clone, Debug)]
pub struct Settings {
    pub backend: Backend,
    pub data: PathBuf,
    pub durability: Durability,
    pub max_receives: u32,
    pub face_engine: FaceEngine,
    pub models_dir: PathBuf,
    pub emotion_prior: f64,
    pub picture_size: u16,
    pub melody_bars: Option<u32>,
    pub listen: String,
    public_url: String,
    pub metrics_listen: Option<String>,
    pub trusted_proxies: Vec<Network>,
    demo_user: DemoUser,
    pub tenant_signup: bool,
    enrolment: Enrolment,
    pub enrolment_retention: Duration,
    pub accept_traffic: bool,
    pub max_upload_bytes: u64,
    pub max_connections: usize,
    pub max_connections_per_address: usize,
    pub quota: Quota,
    pub allowed_origins: Vec<String>,
    pub poll: Vec<QueueName>,
    /// Its names are empty without backend aws.
    pub resources: Resources,
    #[cfg_attr(not(feature = "aws"), expect(dead_code))]
    pub buckets_in_path: bool,
    pub log_format: LogFormat,
    pub log_level: LogLevel,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Problems(#[from] Problems),
}

impl Settings {
    /// The settings, and the same as rows for people. Errors: every key that is wrong, and where its value came from.
    pub fn read(sources: &Sources) -> Result<(Settings, Vec<Row>), SettingsError> {
        let mut reader = Reader::new(sources.layers()?);
        let settings = Settings {
            backend: reader.take(&keys::BACKEND),
            data: reader.take(&keys::DATA),
            durability: reader.take(&keys::DURABILITY),
            max_receives: reader.take(&keys::MAX_RECEIVES),
            face_engine: reader.take(&keys::FACE_ENGINE),
            models_dir: reader.take(&keys::MODELS_DIR),
            emotion_prior: reader.take(&keys::EMOTION_PRIOR),
            picture_size: reader.take(&keys::PICTURE_SIZE),
            melody_bars: reader.take(&keys::MELODY_BARS),
            listen: reader.take(&keys::LISTEN),
            public_url: reader.take(&keys::PUBLIC_URL),
            metrics_listen: reader.take(&keys::METRICS_LISTEN),
            trusted_proxies: reader.take(&keys::TRUSTED_PROXIES),
            demo_user: reader.take(&keys::DEMO_USER),
            tenant_signup: reader.take(&keys::TENANT_SIGNUP),
            enrolment: reader.take(&keys::ENROLMENT),
            enrolment_retention: reader.take(&keys::ENROLMENT_RETENTION_DAYS),
            accept_traffic: reader.take(&keys::ACCEPT_TRAFFIC),
            max_upload_bytes: reader.take(&keys::MAX_UPLOAD_BYTES),
            max_connections: reader.take(&keys::MAX_CONNECTIONS),
            max_connections_per_address: reader.take(&keys::MAX_CONNECTIONS_PER_ADDRESS),
            quota: Quota {
                max_open_uploads: reader.take(&keys::MAX_OPEN_UPLOADS),
                max_declared_bytes: reader.take(&keys::MAX_DECLARED_BYTES),
                max_stored_bytes: reader.take(&keys::MAX_STORED_BYTES),
            },
            allowed_origins: reader.take(&keys::ALLOWED_ORIGINS),
            poll: reader.take(&keys::POLL),
            resources: Resources::read(&mut reader),
            buckets_in_path: reader.take(&keys::BUCKETS_IN_PATH),
            log_format: reader.take(&keys::LOG_FORMAT),
            log_level: reader.take(&keys::LOG_LEVEL),
        };
        if settings.backend == Backend::Aws && settings.demo_user == DemoUser::On {
            reader.refuse(keys::DEMO_USER.name, "auto or off with backend = aws");
        }
        if settings.backend == Backend::Aws {
            reader.require(&Resources::KEYS, "backend = aws");
        }
        Ok((settings, reader.finish()?))
    }

    /// Whether the demo user can be used.
    pub fn has_demo_user(&self) -> bool {
        match self.demo_user {
            DemoUser::On => true,
            DemoUser::Off => false,
            DemoUser::Auto => self.backend == Backend::Embedded && self.is_of_this_machine(),
        }
    }

    /// How faces are enrolled. In an account it takes the bucket of their photos.
    pub fn enrolment(&self) -> Enrolment {
        match self.backend {
            Backend::Aws if self.resources.users_photos_bucket.is_empty() => Enrolment::Off,
            _ => self.enrolment,
        }
    }

    /// Whether only this machine reaches the API: `listen` is a loopback address, and no proxy is before it.
    pub fn is_of_this_machine(&self) -> bool {
        is_loopback(&self.listen)
            && self.trusted_proxies.is_empty()
            && self.given_public_url().is_none_or(|url| is_loopback(host_and_port(url)))
    }

    /// The setting `public_url`; None if it is left to the listen address.
    pub fn given_public_url(&self) -> Option<&str> {
        Some(self.public_url.as_str()).filter(|given| !given.is_empty())
    }

    /// Scheme, host and port that links begin with, where a server listens on `address`.
    pub fn public_url(&self, address: impl std::fmt::Display) -> String {
        self.given_public_url().map_or_else(|| format!("http://{address}"), str::to_owned)
    }
}

fn host_and_port(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

/// Whether an address, with or without a port, can only be this machine.
fn is_loopback(address: &str) -> bool {
    let is_address = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let bare = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    host == "localhost" || is_address(&bare(host)) || is_address(&bare(address))
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
        sources.flags = vec![Flag { typed: "--data".into(), key: "data".into(), value: "of-flag".into() }];
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
            ("data", "", "a path, not"),
            ("durability", "half", "one of full, normal"),
            ("max_receives", "0", "a whole number from 1 to 1000, not \"0\""),
            ("models_dir", "", "a path"),
            ("picture_size", "15", "a whole number from 16 to 2048"),
            ("melody_bars", "17", "a whole number from 0 to 16"),
            ("listen", "8080", "an address and a port, such as 127.0.0.1:8080"),
            ("public_url", "example.org", "a scheme and a host"),
            ("demo_user", "yes", "one of auto, on, off"),
            ("tenant_signup", "yes", "one of open, closed"),
            ("enrolment", "yes", "one of off, account, open"),
            ("enrolment_retention_days", "0", "a whole number from 1 to 36500"),
            ("accept_traffic", "yes", "one of on, off"),
            ("max_upload_bytes", "1", "a whole number from 1024 to 33554432"),
            ("max_connections", "0", "a whole number from 1 to 65536"),
            ("allowed_origins", "https://a.example/path", "comma-separated origins"),
            ("buckets_in_path", "yes", "one of on, off"),
            ("log_format", "xml", "one of auto, text, json"),
            ("log_level", "loud", "auto, off, error, warn"),
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
        let missing = Resources::KEYS.iter().map(|key| key.name).filter(|key| *key != "state_machine");
        let told: Vec<String> =
            missing.map(|key| format!("setting {key} is missing: backend = aws needs it")).collect();
        assert_eq!(error, told.join("\n"));
    }

    #[test]
    fn the_demo_user_is_on_by_itself_only_where_nobody_else_comes() {
        for (toml, expected) in [
            ("", true),
            ("listen = 'localhost:0'", true),
            ("listen = '[::1]:8080'", true),
            ("listen = '127.8.0.1:80'\npublic_url = 'http://localhost:8080'", true),
            ("demo_user = 'off'", false),
            ("listen = '0.0.0.0:8080'", false),
            ("listen = '[::]:8080'", false),
            ("listen = '192.0.2.1:8080'", false),
            ("listen = 'localhost.example:8080'", false),
            ("public_url = 'https://photos.example'", false),
            ("trusted_proxies = '127.0.0.1'", false),
            ("listen = '0.0.0.0:8080'\ndemo_user = 'on'", true),
        ] {
            let (_folder, sources) = sources(toml);
            assert_eq!(Settings::read(&sources).unwrap().0.has_demo_user(), expected, "{toml}");
        }
    }

    #[test]
    fn an_account_has_no_demo_user() {
        let resources: String = Resources::KEYS.iter().map(|key| format!("{} = 'x'\n", key.name)).collect();
        let given = |demo| sources(&format!("backend = 'aws'\ndemo_user = '{demo}'\n{resources}"));
        let (_folder, on) = given("on");
        let error = Settings::read(&on).unwrap_err().to_string();
        let sentence =
            "semblante.toml:2: setting demo_user must be auto or off with backend = aws, not \"on\"";
        assert!(error.ends_with(sentence) && error.lines().count() == 1, "{error}");
        let (_folder, auto) = given("auto");
        assert!(!Settings::read(&auto).unwrap().0.has_demo_user());
    }

    #[test]
    fn sizes_and_lengths_are_those_of_the_makers() {
        use muse::{MelodySettings, PictureSettings};
        let (size, bars) = (keys::PICTURE_SIZE.read, keys::MELODY_BARS.read);
        for size_px in [PictureSettings::SIZES.start(), PictureSettings::SIZES.end()] {
            assert_eq!(size(&size_px.to_string()), Ok(*size_px));
        }
        assert!(size(&(PictureSettings::SIZES.end() + 1).to_string()).is_err());
        let most = *MelodySettings::BARS.end();
        assert_eq!(bars(&most.to_string()), Ok(Some(most)));
        assert!(bars(&(most + 1).to_string()).is_err());
    }

    #[test]
    fn every_key_has_a_line_of_help() {
        for row in rows(&sources("").1) {
            assert!(row.help.len() > 20 && row.help.len() < 90, "{}: {}", row.key, row.help);
            assert!(row.key.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", row.key);
        }
    }
}
