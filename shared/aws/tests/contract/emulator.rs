//! The emulator: one process for all tests, which ends with them.

use std::io::{BufRead, BufReader};
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
    /// The one of this process, started by whoever asks first.
    pub fn get() -> &'static Emulator {
        static EMULATOR: OnceLock<Emulator> = OnceLock::new();
        EMULATOR.get_or_init(Emulator::start)
    }

    fn start() -> Self {
        let made = Command::new(Path::new(FOLDER).join("venv.sh")).status().expect("venv.sh runs");
        assert!(made.success(), "tests/aws/venv.sh says what is missing");
        let mut child = Command::new(Path::new(FOLDER).join(".venv/bin/python"))
            .arg(Path::new(FOLDER).join("emulator"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says its port");
        let port = line.trim().strip_prefix("port ").unwrap_or_else(|| panic!("the emulator says {line:?}"));
        Emulator { url: format!("http://127.0.0.1:{port}"), _child: child }
    }
}
