//! Can the clock be right? Links expire and leases end by it.

use super::finding::Finding;
use jiff::{SignedDuration, Timestamp};
use std::path::Path;

const CLOCK: &str = "clock";
const WHAT_TO_DO: &str = "set the clock and keep it by NTP";

/// 2026-01-01, before the first release.
const EARLIEST_S: i64 = 1_767_225_600;
/// File systems keep time less exactly than clocks do.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// Compares the present moment with the first release and with the database's last write.
pub fn check(data: &Path, now: Timestamp) -> Finding {
    if now.as_second() < EARLIEST_S {
        return Finding::failed(CLOCK, format!("{now} is before the first release"), WHAT_TO_DO);
    }
    // No database, or none that can be seen: there is nothing to compare with, and other checks say why.
    let modified = std::fs::metadata(data.join("semblante.db")).and_then(|metadata| metadata.modified());
    let written = modified.ok().and_then(|time| Timestamp::try_from(time).ok());
    match written.filter(|written| now.duration_until(*written) > TOLERANCE) {
        Some(written) => {
            let text = format!("{now:.0}, but the database was written at {written:.0}");
            Finding::failed(CLOCK, text, WHAT_TO_DO)
        }
        None => Finding::ok(CLOCK, format!("{now:.0}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_clock_before_the_release_or_before_the_last_write_is_wrong() {
        let data = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        let ago = |hours| now - SignedDuration::from_hours(hours);
        let state = |now| check(data.path(), now).state;
        assert_eq!(state(Timestamp::UNIX_EPOCH), State::Failed);
        assert_eq!(state(ago(1)), State::Ok);
        std::fs::write(data.path().join("semblante.db"), "").unwrap();
        assert_eq!(state(now), State::Ok);
        assert_eq!(state(ago(1)), State::Failed);
    }
}
