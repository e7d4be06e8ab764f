//! `semblante up` as a child process, with its CPU time and memory.

use crate::machine;
use anyhow::{Context, bail, ensure};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The path of `semblante`, in the folder of this program.
pub struct Program(PathBuf);

impl Program {
    /// Errors: it is not built.
    pub fn find() -> anyhow::Result<Self> {
        let path = std::env::current_exe()?.with_file_name("semblante");
        ensure!(path.exists(), "{} is not built: cargo build --release --package semblante", path.display());
        Ok(Program(path))
    }
}

/// A running server; dropping it kills the process.
pub struct Server {
    process: Child,
    pub url: String,
    /// Time from the start of the process to the line with its address.
    pub ready_after: Duration,
}

impl Server {
    /// Starts a server on a data directory with default settings, pinned to `cores` (a taskset list). Its log goes to a
    /// file in `data`.
    pub fn start(program: &Program, data: &Path, cores: &str) -> anyhow::Result<Self> {
        let log = File::create(data.join("server.log"))?;
        let begun = Instant::now();
        let mut process = Command::new("taskset")
            .args(["-c", cores])
            .arg(&program.0)
            .args(["up", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.join("data"))
            .env("SEMBLANTE_CONFIG", config(data)?)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("taskset (util-linux) is needed to pin the server")?;
        let stdout = process.stdout.take().context("stdout is piped")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready_after = begun.elapsed();
        let Some(url) = line.trim_end().strip_prefix("listening on ").map(str::to_owned) else {
            bail!("the server does not start: {}", std::fs::read_to_string(data.join("server.log"))?);
        };
        Ok(Server { process, url, ready_after })
    }

    pub fn cpu(&self) -> anyhow::Result<Duration> {
        machine::cpu_time(&self.process.id().to_string())
    }

    pub fn peak_memory_mb(&self) -> anyhow::Result<f64> {
        machine::peak_memory_mb(&self.process.id().to_string())
    }
}

/// An empty settings file, so that a semblante.toml in the working directory has no effect.
fn config(folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join("semblante.toml");
    File::create(&path)?;
    Ok(path)
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.process.kill().and_then(|()| self.process.wait()) {
            eprintln!("the server could not be ended: {error}");
        }
    }
}
