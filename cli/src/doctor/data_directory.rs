//! Is the data directory there, private and free?

use super::finding::Finding;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const DIRECTORY: &str = "data directory";
const LOCK: &str = "lock";

/// Looks without changing anything; a directory that is not there yet is made by the first start.
pub fn check(data: &Path) -> Vec<Finding> {
    match fs::metadata(data) {
        Ok(metadata) if !metadata.is_dir() => {
            let text = format!("{} is not a directory", data.display());
            vec![Finding::failed(DIRECTORY, text, "move it away, or set `data` to another path")]
        }
        Ok(metadata) => vec![permissions(data, metadata.permissions().mode() & 0o777), lock(data)],
        Err(error) if error.kind() == ErrorKind::NotFound => {
            vec![Finding::ok(DIRECTORY, format!("{} will be made at the first start", data.display()))]
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
    let file = match File::open(data.join("lock")) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Finding::ok(LOCK, "free"),
        Err(error) => return Finding::failed(LOCK, error, "give this user access to it"),
    };
    match file.try_lock() {
        Ok(()) => Finding::ok(LOCK, "free"),
        Err(TryLockError::WouldBlock) => Finding::ok(LOCK, "held: semblante is running on this directory"),
        Err(TryLockError::Error(error)) => {
            Finding::failed(LOCK, error, "use a file system that can lock files (not every network one can)")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    fn states(data: &Path) -> Vec<(State, String)> {
        check(data).into_iter().map(|finding| (finding.state, finding.text)).collect()
    }

    #[test]
    fn every_state_of_the_directory_is_told() {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("data");
        assert!(matches!(&states(&data)[..], [(State::Ok, text)] if text.contains("first start")));

        fs::write(&data, "").unwrap();
        assert!(matches!(&states(&data)[..], [(State::Failed, text)] if text.contains("not a directory")));

        fs::remove_file(&data).unwrap();
        fs::create_dir(&data).unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(&states(&data)[0], (State::Failed, text) if text.contains("0755: chmod 700")));

        fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).unwrap();
        assert!(matches!(&states(&data)[..], [(State::Ok, _), (State::Ok, text)] if text == "free"));

        let held = File::create(data.join("lock")).unwrap();
        held.lock().unwrap();
        assert!(matches!(&states(&data)[1], (State::Ok, text) if text.starts_with("held")));
        drop(held);
        assert!(matches!(&states(&data)[1], (State::Ok, text) if text == "free"));
    }
}
