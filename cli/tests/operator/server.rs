//! `semblante up` as a process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The project.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A server that listens.
pub struct Server {
    process: Child,
    pub url: String,
}

impl Server {
    /// Starts one on a data directory, and waits until it listens.
    pub fn start(data: &Path) -> Self {
        let models = PathBuf::from(ROOT).join("models");
        assert!(models.is_dir(), "there are no models; fetch them: make models");
        let mut process = Command::new(env!("CARGO_BIN_EXE_semblante"))
            .args(["up", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env_clear()
            .env("SEMBLANTE_MODELS_DIR", models)
            .env("SEMBLANTE_LOG_LEVEL", "warn")
            .current_dir(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo built the command");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("stdout is piped")).read_line(&mut line).expect("a line");
        let url = line.trim_end().strip_prefix("listening on ").expect("where it listens").to_owned();
        Server { process, url }
    }

    /// Asks it to stop, as an init system does; tells its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        self.process.wait().expect("it ends").code()
    }
}

/// Ends it as a power cut does, also where a test fails.
impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = ended {
            eprintln!("semblante up did not end: {error}");
        }
    }
}
