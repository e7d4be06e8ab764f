//! The emulator: one process for all tests, which ends with them.

use deadline::LIMIT;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/aws");

/// A running emulator.
pub struct Emulator {
    /// Where it answers.
    pub url: String,
    /// Its standard input is open for as long as we live, and it ends with that.
    _child: Child,
}

impl Emulator {
    /// The one of this process, started by the first caller.
    pub fn get() -> &'static Emulator {
        static EMULATOR: OnceLock<Emulator> = OnceLock::new();
        EMULATOR.get_or_init(Emulator::start)
    }

    fn start() -> Self {
        let venv = Command::new(Path::new(FOLDER).join("venv.sh")).spawn();
        let made = deadline::exit_status(&mut venv.expect("venv.sh runs"), LIMIT, "tests/aws/venv.sh");
        assert!(made.success(), "tests/aws/venv.sh says what is missing");
        let mut child = Command::new(Path::new(FOLDER).join(".venv/bin/python"))
            .arg(Path::new(FOLDER).join("emulator"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let line = deadline::first_line(&mut child, LIMIT, "the start of the emulator");
        let port = line.strip_prefix("port ").unwrap_or_else(|| panic!("the emulator says {line:?}"));
        Emulator { url: format!("http://127.0.0.1:{port}"), _child: child }
    }
}

/// A client of the emulator, or of the links that it signs.
pub fn http() -> reqwest::Client {
    reqwest::Client::builder().timeout(LIMIT).build().expect("a plain client")
}
