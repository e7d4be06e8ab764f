//! `semblante up` as a process.

use deadline::LIMIT;
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The project.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A server that listens. Dropping it is a power cut: SIGKILL, also where a test fails.
pub struct Server {
    pub process: Child,
    pub url: String,
}

impl Server {
    /// Starts a server on a data directory, and waits until it listens. `environment`: variables beside the usual ones.
    pub fn start(data: &Path, environment: &[(&str, &str)]) -> Self {
        let models = PathBuf::from(ROOT).join("models");
        assert!(models.is_dir(), "there are no models; fetch them: make models");
        let process = Command::new(env!("CARGO_BIN_EXE_semblante"))
            .args(["up", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env_clear()
            .env("SEMBLANTE_MODELS_DIR", models)
            .env("SEMBLANTE_LOG_LEVEL", "warn")
            .envs(environment.iter().copied())
            .current_dir(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo built the command");
        let mut server = Server { process, url: String::new() };
        let line = deadline::first_line(&mut server.process, LIMIT, "the start of semblante up");
        let url = line.strip_prefix("listening on ");
        server.url = url.unwrap_or_else(|| panic!("semblante up does not listen: {line:?}")).to_owned();
        server
    }

    /// Sends SIGTERM, as an init system does, and returns the exit code.
    pub fn stop(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.process), Signal::TERM).expect("it runs");
        deadline::exit_status(&mut self.process, LIMIT, "the end of semblante up").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = ended {
            eprintln!("semblante up did not end: {error}");
        }
    }
}
