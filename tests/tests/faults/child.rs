//! A child process that works on a data directory, and its death.

use deadline::LIMIT;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

/// `crash_child` at work.
pub struct Worker {
    child: Child,
    spoke: mpsc::Receiver<()>,
    lines: JoinHandle<Vec<String>>,
}

impl Worker {
    pub fn start(what: &str, folder: &Path, seed: u64) -> Self {
        Worker::run(Command::new(env!("CARGO_BIN_EXE_crash_child")), what, folder, seed)
    }

    /// One that may not write any file beyond `blocks` of 512 bytes: to it the disk is full there.
    pub fn start_with_file_limit(blocks: u32, what: &str, folder: &Path, seed: u64) -> Self {
        // Ignored here and so in the program too: otherwise the limit kills it instead of refusing the write.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_crash_child")]);
        Worker::run(shell, what, folder, seed)
    }

    fn run(mut command: Command, what: &str, folder: &Path, seed: u64) -> Self {
        let command = command.arg(what).arg(folder).arg(seed.to_string()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the child starts");
        let stdout = child.stdout.take().expect("stdout is piped");
        let (speaks, spoke) = mpsc::channel();
        let lines = std::thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map(|line| line.expect("lines are text"));
            lines.inspect(|_| speaks.send(()).unwrap_or(())).collect()
        });
        Worker { child, spoke, lines }
    }

    /// Returns when the child has said something, which is that its store is open, or has died.
    pub fn once_open(self) -> Self {
        match self.spoke.recv_timeout(LIMIT) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {}
            Err(RecvTimeoutError::Timeout) => panic!("the child said nothing within {LIMIT:?}"),
        }
        self
    }

    /// SIGKILL after `delay`; what the child had said until then.
    pub fn kill_after(mut self, delay: Duration) -> Vec<String> {
        std::thread::sleep(delay);
        self.child.kill().expect("our own child can be killed");
        self.child.wait().expect("a killed child ends");
        self.lines.join().expect("its lines are read to the end")
    }

    /// The lines of the child until it ends by itself.
    pub fn finish(mut self) -> Vec<String> {
        let status = deadline::exit_status(&mut self.child, LIMIT, "crash_child");
        assert!(status.success(), "the child ended with {status}");
        self.lines.join().expect("its lines are read to the end")
    }
}

/// Rounds of a crash test: `CRASH_ROUNDS`, or so many.
pub fn rounds(otherwise: u64) -> u64 {
    match std::env::var("CRASH_ROUNDS") {
        Ok(rounds) => rounds.parse().expect("CRASH_ROUNDS is a number"),
        Err(_) => otherwise,
    }
}
