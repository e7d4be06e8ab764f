//! The command as a process that may be killed and started again on the same data.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Where clients believe it to be, whatever port it has: as behind a proxy. Tokens name it as their issuer.
pub const PUBLIC_URL: &str = "http://semblante.example";

pub struct Server {
    process: Child,
    /// Where it listens.
    pub url: String,
}

/// A photo that nobody else sends: the sample, and after its end the number and so many bytes.
pub fn photo(number: usize, padding: usize) -> Vec<u8> {
    let path = PathBuf::from(ROOT).join("models/sample1.jpg");
    let sample = std::fs::read(path).expect("there are no models; fetch them: make models");
    [&sample[..], &number.to_be_bytes(), &vec![0; padding]].concat()
}

impl Server {
    pub fn start(data: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_semblante"))
            .args(["up", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env_clear()
            .env("SEMBLANTE_MODELS_DIR", PathBuf::from(ROOT).join("models"))
            .env("SEMBLANTE_PUBLIC_URL", PUBLIC_URL)
            .env("SEMBLANTE_PICTURE_SIZE", "128")
            .env("SEMBLANTE_MELODY_BARS", "2")
            .env("SEMBLANTE_LOG_LEVEL", "error")
            .current_dir(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo built the command");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim_end().strip_prefix("listening on ").expect("where it listens").to_owned();
        Server { process, url }
    }

    /// SIGKILL: whatever it was doing, it does no more.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Asks it to stop, as an init system does; tells its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.process.wait().unwrap().code()
    }

    /// The most memory that it has held, as Linux tells it.
    pub fn peak_memory_mb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024 / 1_000_000
    }
}

impl Drop for Server {
    /// A test that fails leaves no process behind.
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            self.process.kill().unwrap();
            self.process.wait().unwrap();
        }
    }
}
