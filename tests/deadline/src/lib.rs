//! Bounds for everything that tests wait for: a test that would hang panics with a sentence instead. Only for tests.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ExitStatus, Output};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// More than anything here takes, also on a machine that is five times slower and does other work.
pub const LIMIT: Duration = Duration::from_secs(300);
/// Between two looks at a process.
const PAUSE: Duration = Duration::from_millis(5);

/// Awaits `future`.
///
/// # Panics
/// If it takes longer than `limit`. The message names `what`, a noun phrase: "the first event".
pub async fn within<T>(limit: Duration, what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(limit, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not come within {limit:?}"),
    }
}

/// Waits for the end of a process; the output is what it wrote to those of its streams that are piped.
///
/// # Panics
/// If it runs longer than `limit`; it is killed then.
pub fn output(mut child: Child, limit: Duration, what: &str) -> Output {
    let stdout = child.stdout.take().map(|stream| on_a_thread(move || read_all(stream)));
    let stderr = child.stderr.take().map(|stream| on_a_thread(move || read_all(stream)));
    let status = exit_status(&mut child, limit, what);
    let text = |reader: Option<mpsc::Receiver<Vec<u8>>>| {
        let received = reader.map(|reader| reader.recv_timeout(limit));
        received
            .unwrap_or(Ok(Vec::new()))
            .unwrap_or_else(|_| panic!("a child of {what} holds its output open"))
    };
    Output { status, stdout: text(stdout), stderr: text(stderr) }
}

/// Waits for the end of a process whose output is not piped, or is read elsewhere.
///
/// # Panics
/// If it runs longer than `limit`; it is killed then.
pub fn exit_status(child: &mut Child, limit: Duration, what: &str) -> ExitStatus {
    let deadline = Instant::now() + limit;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status,
            Ok(None) if Instant::now() < deadline => std::thread::sleep(PAUSE),
            Ok(None) => overdue(child, limit, what),
            Err(error) => panic!("{what}: {error}"),
        }
    }
}

/// Takes the piped standard output of a process and reads its first line; the rest is not read. Empty if the process ends
/// without a line.
///
/// # Panics
/// If the line takes longer than `limit`; the process is killed then.
pub fn first_line(child: &mut Child, limit: Duration, what: &str) -> String {
    let stdout = child.stdout.take().unwrap_or_else(|| panic!("the output of {what} is not piped"));
    let reading = on_a_thread(move || {
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).map(|_| line)
    });
    match reading.recv_timeout(limit) {
        Ok(line) => line.unwrap_or_else(|error| panic!("{what}: {error}")).trim_end().to_owned(),
        Err(_) => overdue(child, limit, what),
    }
}

/// Waits until `condition` holds.
///
/// # Panics
/// If it takes longer than `limit`. The message names `what`, a sentence: "the first photo is stored".
pub fn until(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !condition() {
        assert!(Instant::now() < deadline, "not within {limit:?}: {what}");
        std::thread::sleep(PAUSE);
    }
}

fn overdue(child: &mut Child, limit: Duration, what: &str) -> ! {
    let killed = child.kill().and_then(|()| child.wait());
    panic!("{what} took longer than {limit:?}; it was killed: {killed:?}")
}

fn read_all(mut stream: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap_or_else(|error| panic!("a pipe broke: {error}"));
    bytes
}

/// What the work returns, once it does; the thread outlives a caller that gives up.
fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> mpsc::Receiver<T> {
    let (sender, receiver) = mpsc::channel();
    // Sending fails if the caller has given up.
    std::thread::spawn(move || sender.send(work()).unwrap_or(()));
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    const SHORT: Duration = Duration::from_millis(50);

    fn shell(script: &str) -> Child {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", script])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh is installed")
    }

    #[test]
    fn a_process_that_ends_is_read_and_not_killed() {
        assert_eq!(output(shell("echo one; exit 3"), LIMIT, "sh").stdout, b"one\n");
        assert_eq!(exit_status(&mut shell("exit 3"), LIMIT, "sh").code(), Some(3));
        assert_eq!(first_line(&mut shell("echo one; echo two"), LIMIT, "sh"), "one");
        assert_eq!(first_line(&mut shell("exit 3"), LIMIT, "sh"), "");
    }

    #[test]
    #[should_panic(expected = "sh took longer than 50ms")]
    fn output_that_does_not_end_is_a_panic() {
        output(shell("exec sleep 1000"), SHORT, "sh");
    }

    #[test]
    #[should_panic(expected = "sh took longer than 50ms")]
    fn an_exit_that_does_not_come_is_a_panic() {
        exit_status(&mut shell("exec sleep 1000"), SHORT, "sh");
    }

    #[test]
    #[should_panic(expected = "sh took longer than 50ms")]
    fn a_line_that_does_not_come_is_a_panic() {
        first_line(&mut shell("exec sleep 1000"), SHORT, "sh");
    }

    #[tokio::test]
    #[should_panic(expected = "the answer did not come within 50ms")]
    async fn a_future_that_is_never_ready_is_a_panic() {
        within(SHORT, "the answer", std::future::pending::<()>()).await;
    }
}
