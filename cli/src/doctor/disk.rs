//! Has the disk room, and how fast does it make writes durable?

use super::finding::Finding;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const SPACE: &str = "free disk";
const SYNC: &str = "disk sync";

/// Less than this is a failure: some 500 photos with what is made of them.
const MIN_FREE_BYTES: u64 = 1 << 30;
/// Fewer than this is a failure: each commit waits for one.
const MIN_SYNCS_PER_S: f64 = 20.0;
/// How long syncs are counted.
const SYNC_TIME: Duration = Duration::from_millis(500);

/// Looks at the file system of the data directory, or of where it will be made.
pub fn check(data: &Path) -> Vec<Finding> {
    let place = match existing(data) {
        Ok(place) => place,
        Err(error) => return vec![Finding::failed(SPACE, error, "give this user access to it")],
    };
    vec![space(free_bytes(&place)), sync(syncs_per_s(&place))]
}

fn existing(data: &Path) -> io::Result<PathBuf> {
    let whole = std::path::absolute(data)?;
    let place = whole.ancestors().find(|path| path.is_dir());
    place.map(Path::to_owned).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file system"))
}

fn free_bytes(place: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(place)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Writes 4 KiB and syncs them, again and again, into a file without a name.
fn syncs_per_s(place: &Path) -> io::Result<f64> {
    let mut file: File = tempfile::tempfile_in(place)?;
    let started = Instant::now();
    let mut syncs = 0;
    while started.elapsed() < SYNC_TIME {
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        syncs += 1;
    }
    Ok(f64::from(syncs) / started.elapsed().as_secs_f64())
}

fn space(free: io::Result<u64>) -> Finding {
    match free {
        Ok(free) if free < MIN_FREE_BYTES => {
            Finding::failed(SPACE, format!("{} MiB", free >> 20), "make room, or set `data` to another disk")
        }
        Ok(free) => Finding::ok(SPACE, format!("{:.1} GiB", free as f64 / f64::from(1 << 30))),
        Err(error) => Finding::failed(SPACE, error, "is the data directory on a local disk?"),
    }
}

fn sync(rate: io::Result<f64>) -> Finding {
    match rate {
        Ok(rate) if rate < MIN_SYNCS_PER_S => {
            Finding::failed(SYNC, format!("{rate:.0} a second"), "set `data` to a faster disk")
        }
        Ok(rate) => Finding::ok(SYNC, format!("{rate:.0} a second")),
        Err(error) => Finding::failed(SYNC, error, "can this user write there?"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn too_little_and_too_slow_are_failures() {
        let error = || io::Error::from(io::ErrorKind::PermissionDenied);
        let cases = [
            (space(Ok(MIN_FREE_BYTES)), State::Ok),
            (space(Ok(MIN_FREE_BYTES - 1)), State::Failed),
            (space(Err(error())), State::Failed),
            (sync(Ok(MIN_SYNCS_PER_S)), State::Ok),
            (sync(Ok(19.9)), State::Failed),
            (sync(Err(error())), State::Failed),
        ];
        for (finding, state) in cases {
            assert_eq!(finding.state, state, "{finding}");
        }
    }

    #[test]
    fn a_directory_that_is_not_there_yet_is_judged_by_its_parent() {
        let parent = tempfile::tempdir().unwrap();
        let found = existing(&parent.path().join("a/b/c")).unwrap();
        assert_eq!(found, parent.path());
        assert!(free_bytes(&found).unwrap() > 0);
        assert!(syncs_per_s(&found).unwrap() > 0.0);
        assert_eq!(std::fs::read_dir(&found).unwrap().count(), 0, "nothing is left behind");
    }
}
