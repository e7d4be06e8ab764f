//! Checks of the machine: free disk, speed of the disk, networks, clock.

use super::finding::Finding;
use crate::boot;
use jiff::{SignedDuration, Timestamp};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const SPACE: &str = "free disk";
const SYNC: &str = "disk sync";

/// Less is a failure: some 500 photos with their pictures and melodies.
const MIN_FREE_BYTES: u64 = 1 << 30;
/// Fewer is a failure: each commit waits for one.
const MIN_SYNCS_PER_S: f64 = 20.0;
const SYNC_TIME: Duration = Duration::from_millis(500);

/// The file system of the data directory, or of where it will be created.
pub fn disk(data: &Path) -> Vec<Finding> {
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

/// Writes 4 KiB and syncs them, again and again, into an unnamed file.
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
        Err(error) => Finding::failed(SPACE, error, "put the data directory on a local disk"),
    }
}

fn sync(rate: io::Result<f64>) -> Finding {
    match rate {
        Ok(rate) if rate < MIN_SYNCS_PER_S => {
            Finding::failed(SYNC, format!("{rate:.0} a second"), "set `data` to a faster disk")
        }
        Ok(rate) => Finding::ok(SYNC, format!("{rate:.0} a second")),
        Err(error) => Finding::failed(SYNC, error, "give this user write access"),
    }
}

const CLOCK: &str = "clock";
const CLOCK_REMEDY: &str = "set the clock and keep it by NTP";

/// 2026-01-01, before the first release.
const EARLIEST_S: i64 = 1_767_225_600;
/// File systems store time less exactly than clocks tell it.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// Compares the present moment with the first release and with the database's last write: links expire and leases end by
/// the clock.
pub fn clock(data: &Path, now: Timestamp) -> Finding {
    if now.as_second() < EARLIEST_S {
        return Finding::failed(CLOCK, format!("{now} is before the first release"), CLOCK_REMEDY);
    }
    // Without a readable database there is nothing to compare with, and other checks say why.
    let modified = std::fs::metadata(boot::database(data)).and_then(|metadata| metadata.modified());
    let written = modified.ok().and_then(|time| Timestamp::try_from(time).ok());
    match written.filter(|written| now.duration_until(*written) > TOLERANCE) {
        Some(written) => {
            let text = format!("{now:.0}, but the database was written at {written:.0}");
            Finding::failed(CLOCK, text, CLOCK_REMEDY)
        }
        None => Finding::ok(CLOCK, format!("{now:.0}")),
    }
}

const MODELS: &str = "models";

/// Each is a manifest and its weights.
const NETWORKS: [&str; 4] =
    ["ssd_mobilenetv1_model", "face_landmark_68_model", "face_expression_model", "face_recognition_model"];

/// Whether the face engine's networks exist; whether they are whole is checked when they are loaded.
pub fn models(directory: &Path) -> Finding {
    let file = |name: &str, ending: &str| directory.join(format!("{name}{ending}"));
    let complete =
        |name: &&str| file(name, "-weights_manifest.json").is_file() && file(name, ".bin").is_file();
    let missing: Vec<&str> = NETWORKS.into_iter().filter(|name| !complete(name)).collect();
    let place = directory.display();
    match missing.is_empty() {
        true => Finding::ok(MODELS, format!("{} networks in {place}", NETWORKS.len())),
        false => {
            let text = format!("{place} has no {}", missing.join(", "));
            Finding::failed(MODELS, text, "run `make models`, or set `models_dir`")
        }
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

    #[test]
    fn a_clock_before_the_release_or_before_the_last_write_is_wrong() {
        let data = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let ago = |hours| now - SignedDuration::from_hours(hours);
        let state = |now| clock(data.path(), now).state;
        assert_eq!(state(Timestamp::UNIX_EPOCH), State::Failed);
        assert_eq!(state(ago(1)), State::Ok);
        std::fs::write(boot::database(data.path()), "").unwrap();
        assert_eq!(state(now), State::Ok);
        assert_eq!(state(ago(1)), State::Failed);
    }

    #[test]
    fn every_missing_network_is_named() {
        let directory = tempfile::tempdir().unwrap();
        for name in NETWORKS {
            assert!(models(directory.path()).text.contains(name));
            std::fs::write(directory.path().join(format!("{name}-weights_manifest.json")), "[]").unwrap();
            assert!(models(directory.path()).text.contains(name), "the weights are missing still");
            std::fs::write(directory.path().join(format!("{name}.bin")), "").unwrap();
        }
        assert_eq!(models(directory.path()).state, State::Ok);
    }
}
