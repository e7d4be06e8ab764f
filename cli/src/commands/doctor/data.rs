//! Checks of the data directory and its database.

use super::finding::Finding;
use crate::boot::{self, Installation};
use crate::settings::Settings;
use domain::QueueName;
use domain::ports::PortError;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const DIRECTORY: &str = "data directory";
const LOCK: &str = "lock";

/// The data directory: it exists, is private, and is free. Nothing is changed.
pub fn directory(data: &Path) -> Vec<Finding> {
    match fs::metadata(data) {
        Ok(metadata) if !metadata.is_dir() => {
            let text = format!("{} is not a directory", data.display());
            vec![Finding::failed(DIRECTORY, text, "move it away, or set `data` to another path")]
        }
        Ok(metadata) => vec![permissions(data, metadata.permissions().mode() & 0o777), lock(data)],
        Err(error) if error.kind() == ErrorKind::NotFound => {
            vec![Finding::ok(DIRECTORY, format!("{} will be created at the first start", data.display()))]
        }
        Err(error) => {
            let text = format!("{}: {error}", data.display());
            vec![Finding::failed(DIRECTORY, text, "give this user access to it")]
        }
    }
}

fn permissions(data: &Path, mode: u32) -> Finding {
    let data = data.display();
    match mode {
        0o700 => Finding::ok(DIRECTORY, format!("{data}, for its owner alone (0700)")),
        _ => Finding::failed(DIRECTORY, format!("{data} has mode {mode:04o}"), &format!("chmod 700 {data}")),
    }
}

fn lock(data: &Path) -> Finding {
    let path = data.join("lock");
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Finding::ok(LOCK, "free"),
        Err(error) => return Finding::failed(LOCK, error, "give this user access to it"),
    };
    match file.try_lock() {
        Ok(()) => Finding::ok(LOCK, "free"),
        Err(TryLockError::WouldBlock) => {
            let holder = fs::read_to_string(&path).unwrap_or_default();
            let process = if holder.is_empty() {
                "another process".to_owned()
            } else {
                format!("process {}", holder.trim())
            };
            Finding::ok(LOCK, format!("held by {process}: semblante is running on this directory"))
        }
        Err(TryLockError::Error(error)) => Finding::failed(
            LOCK,
            error,
            "use a file system that can lock files (not every network file system can)",
        ),
    }
}

const DATABASE: &str = "database";
const INTEGRITY: &str = "integrity";
const QUEUES: &str = "queues";
/// Links are not shown, so they need no address.
const NO_URL: &str = "http://localhost";

/// Opens the database as a start would; a missing one is not created.
pub async fn database(settings: &Settings) -> Vec<Finding> {
    let path = boot::database(&settings.data);
    if !path.exists() {
        return vec![Finding::skipped(DATABASE, "it does not exist yet")];
    }
    let installation = match boot::open_directory(settings, &settings.data, NO_URL).await {
        Ok(installation) => installation,
        Err(error) if error.is_in_use() => return vec![Finding::skipped(DATABASE, error.to_string())],
        Err(error) => return vec![Finding::failed(DATABASE, &error, &error.remedy())],
    };
    let mut findings = Vec::new();
    if let Some(machine) = &installation.machine {
        let text = format!("{}, schema {}", path.display(), machine.schema());
        findings.push(Finding::ok(DATABASE, text));
        findings.push(integrity(machine.check().await));
    }
    findings.push(queues(&installation).await);
    findings
}

fn integrity(checked: Result<Vec<String>, PortError>) -> Finding {
    match checked {
        Ok(wrong) if wrong.is_empty() => Finding::ok(INTEGRITY, "every page is intact"),
        Ok(wrong) => Finding::failed(INTEGRITY, wrong.join("; "), "restore the data directory from a backup"),
        Err(error) => Finding::failed(INTEGRITY, error, ""),
    }
}

/// Whether the queues answer; how much may wait is for the operator to judge.
pub async fn queues(installation: &Installation) -> Finding {
    let mut messages = 0;
    for queue in QueueName::live() {
        match installation.ports.queue.depth(queue).await {
            Ok(depth) => messages += depth.visible + depth.hidden,
            Err(error) => return Finding::failed(QUEUES, error, ""),
        }
    }
    Finding::ok(QUEUES, format!("{messages} messages"))
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;
    use crate::settings::{Flag, Sources};

    fn found(data: &Path) -> Vec<(State, String)> {
        directory(data).into_iter().map(|finding| (finding.state, finding.text)).collect()
    }

    fn settings(data: &Path) -> Settings {
        let value = data.to_str().unwrap().to_owned();
        let flag = Flag { typed: "--data".to_owned(), key: "data".to_owned(), value };
        Settings::read(&Sources { flags: vec![flag], ..Sources::default() }).unwrap().0
    }

    async fn states(settings: &Settings) -> Vec<State> {
        database(settings).await.iter().map(|finding| finding.state).collect()
    }

    #[test]
    fn every_state_of_the_directory_is_reported() {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        assert!(matches!(&found(&data)[..], [(State::Ok, text)] if text.contains("first start")));

        fs::write(&data, "").unwrap();
        assert!(matches!(&found(&data)[..], [(State::Failed, text)] if text.contains("not a directory")));

        fs::remove_file(&data).unwrap();
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(&found(&data)[0], (State::Failed, text) if text.contains("0755: chmod 700")));

        fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(matches!(&found(&data)[..], [(State::Ok, _), (State::Ok, text)] if text == "free"));

        let held = File::create(data.join("lock")).unwrap();
        held.lock().unwrap();
        assert!(matches!(&found(&data)[1], (State::Ok, text) if text.starts_with("held by another")));
        fs::write(data.join("lock"), "4711\n").unwrap();
        assert!(matches!(&found(&data)[1], (State::Ok, text) if text.starts_with("held by process 4711:")));
        drop(held);
        assert!(matches!(&found(&data)[1], (State::Ok, text) if text == "free"));
    }

    #[tokio::test]
    async fn every_state_of_the_database_is_reported() {
        let data = tempfile::tempdir().unwrap();
        let settings = settings(data.path());
        assert_eq!(states(&settings).await, [State::Skipped]);
        assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "the doctor creates none");

        let running = boot::open_directory(&settings, &settings.data, NO_URL).await.unwrap();
        assert_eq!(states(&settings).await, [State::Skipped], "another process holds it");
        drop(running);
        assert_eq!(states(&settings).await, [State::Ok; 3]);

        // The write-ahead log would repair the database.
        for log in ["semblante.db-wal", "semblante.db-shm"].map(|name| data.path().join(name)) {
            assert!(!log.exists() || std::fs::remove_file(log).is_ok());
        }
        std::fs::write(data.path().join("semblante.db"), [0xa5; 8192]).unwrap();
        let findings = database(&settings).await;
        assert_eq!(findings[0].state, State::Failed);
        assert!(findings[0].text.contains("restore the data directory"), "{}", findings[0]);
    }

    #[test]
    fn damages_are_a_failure() {
        assert_eq!(integrity(Ok(vec![])).state, State::Ok);
        assert_eq!(integrity(Ok(vec!["page 7".to_owned()])).state, State::Failed);
        assert_eq!(integrity(Err(PortError::broken("gone"))).state, State::Failed);
    }
}
