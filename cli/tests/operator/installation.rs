//! A data directory, and the command that is run on it.

use crate::server::{ROOT, Server};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A data directory of a test's own, and a folder beside it for photos.
pub struct Installation {
    folder: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Installation {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(folder.path().join("photos")).expect("a folder");
        Installation { folder }
    }

    /// One with photos imported and processed, one after the other, so that their order is known: bytes that only begin like
    /// a photo, and faces. The ids are of the complete upload and of the failed one.
    pub fn with_photos() -> (Self, String, String) {
        let installation = Installation::new();
        installation.photo("broken.jpg", b"\xff\xd8\xff\xe0 and nothing more");
        installation.photo("sample1.jpg", &sample(1));
        let [failed, complete] =
            [("broken.jpg", 1, "failed"), ("sample1.jpg", 0, "complete")].map(|(name, code, state)| {
                let file = format!("photos/{name}");
                let import = [
                    "import",
                    "photos",
                    &file,
                    "--user",
                    "ana@example.com",
                    "--create",
                    "--process",
                    "--json",
                ];
                let ran = installation.run(&import);
                let photo = ran.json()["photos"][0].clone();
                assert_eq!((ran.code, &photo["state"]), (Some(code), &state.into()), "{ran:?}");
                photo["upload_id"].as_str().expect("an id").to_owned()
            });
        (installation, complete, failed)
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn photo(&self, name: &str, content: &[u8]) {
        std::fs::write(self.folder.path().join("photos").join(name), content).expect("a file");
    }

    /// Starts `semblante up` on it.
    pub fn up(&self) -> Server {
        std::fs::create_dir_all(self.data()).expect("a directory");
        Server::start(&self.data(), &[])
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs a command that reads `input`.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let output = self.output(arguments, input.as_bytes());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the command prints UTF-8");
        Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The same for input and output that are not text.
    pub fn output(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut process = self.start(arguments);
        let mut stdin = process.stdin.take().expect("stdin is piped");
        stdin.write_all(input).expect("the command reads its input");
        drop(stdin);
        deadline::output(process, deadline::LIMIT, &format!("semblante {}", arguments.join(" ")))
    }

    /// Starts a command whose input and output are pipes.
    pub fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_semblante"))
            .current_dir(self.folder.path())
            .env_clear()
            .env("SEMBLANTE_MODELS_DIR", Path::new(ROOT).join("models"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("cargo built the command")
    }

    /// Runs a command that must end well, for its JSON.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:?}");
        ran.json()
    }
}

impl Ran {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// One of the sample photos that come with the networks.
pub fn sample(number: u32) -> Vec<u8> {
    let path = Path::new(ROOT).join(format!("models/sample{number}.jpg"));
    std::fs::read(path).expect("there are no models; fetch them: make models")
}
