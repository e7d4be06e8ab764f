//! Limits of what one user may order and store. They are checked against a usage that may be some seconds old, so a user
//! may exceed them by what several processes admit meanwhile.

use super::budget::Owner;
use crate::cache::Cache;
use crate::problem::Problem;
use axum::http::StatusCode;
use domain::ports::uploads::Usage;
use domain::{Ports, Timestamp};
use std::time::Duration;

/// How long a usage counts that was read; what this process admits meanwhile is added to it.
const CACHED: Duration = Duration::from_secs(10);
/// A usage that refuses an order is read again if it is older than this.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// `Retry-After` of a user with too many open uploads.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// A user's limits; 0 for none.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// Uploads that are awaited, stored or running.
    pub max_open_uploads: u64,
    /// Declared bytes that are awaited.
    pub max_declared_bytes: u64,
    /// Bytes of stored photos, with those that are awaited.
    pub max_stored_bytes: u64,
}

impl Default for Quota {
    /// The defaults of the settings with these names.
    fn default() -> Self {
        Quota { max_open_uploads: 1000, max_declared_bytes: 8 << 30, max_stored_bytes: 100 << 30 }
    }
}

/// The usages of users who have ordered lately.
#[derive(Default)]
pub(crate) struct Usages(Cache<Owner, Read>);

/// A usage, and when it was read.
#[derive(Clone, Copy)]
struct Read {
    usage: Usage,
    at: Timestamp,
}

impl Usages {
    /// Admits an upload of `owner` that takes up `bytes`. Errors: 429 `too_many_open_uploads` or
    /// `too_many_declared_bytes`, 507 `quota_exceeded`; each names the limit.
    pub(crate) async fn admit(
        &self,
        ports: &Ports,
        quota: &Quota,
        owner: &Owner,
        bytes: u64,
    ) -> Result<(), Problem> {
        let now = ports.clock.now();
        let count = |read: &mut Read| {
            let next = admitted(read.usage, quota, bytes).map_err(|refusal| (refusal, read.at))?;
            read.usage = next;
            Ok(())
        };
        match self.0.change(owner, now, count) {
            Some(Ok(())) => return Ok(()),
            Some(Err((refusal, at))) if now < at + READ_AGAIN_AFTER => return Err(refusal),
            Some(Err(_)) => self.0.remove(owner),
            None => {}
        }
        let usage = ports.uploads.usage(&owner.0, &owner.1).await?;
        self.0.insert_absent(owner.clone(), Read { usage, at: now }, now + CACHED, now);
        // Without an entry the cache was full a moment ago; the usage that was read decides.
        let counted = self.0.change(owner, now, count).unwrap_or_else(|| count(&mut Read { usage, at: now }));
        counted.map_err(|(refusal, _)| refusal)
    }

    /// Takes back an admission that made no upload.
    pub(crate) fn release(&self, ports: &Ports, owner: &Owner, bytes: u64) {
        self.0.change(owner, ports.clock.now(), |read| {
            read.usage.open = read.usage.open.saturating_sub(1);
            read.usage.awaited_bytes = read.usage.awaited_bytes.saturating_sub(bytes);
        });
    }
}

/// The usage with one more upload that takes up `bytes`.
fn admitted(usage: Usage, quota: &Quota, bytes: u64) -> Result<Usage, Problem> {
    let exceeds = |taken: u64, limit: u64| limit > 0 && taken > limit;
    let open = usage.open.saturating_add(1);
    let awaited_bytes = usage.awaited_bytes.saturating_add(bytes);
    if exceeds(open, quota.max_open_uploads) {
        let limit = quota.max_open_uploads;
        let detail =
            format!("a user may have {limit} unfinished uploads and orders; wait for some or erase them");
        return Err(too_many("too_many_open_uploads", detail, limit));
    }
    if bytes > 0 && exceeds(awaited_bytes, quota.max_declared_bytes) {
        let limit = quota.max_declared_bytes;
        let detail = format!(
            "a user may have {limit} declared bytes that are not uploaded; upload or erase some photos"
        );
        return Err(too_many("too_many_declared_bytes", detail, limit));
    }
    if bytes > 0 && exceeds(awaited_bytes.saturating_add(usage.stored_bytes), quota.max_stored_bytes) {
        let limit = quota.max_stored_bytes;
        let detail = format!("a user may store {limit} bytes of photos; erase some");
        return Err(
            Problem::new(StatusCode::INSUFFICIENT_STORAGE, "quota_exceeded", detail).with("limit", limit)
        );
    }
    Ok(Usage { open, awaited_bytes, ..usage })
}

fn too_many(code: &str, detail: String, limit: u64) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, code, detail).with("limit", limit).retry_after(RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_has_its_answer() {
        let quota = Quota { max_open_uploads: 3, max_declared_bytes: 100, max_stored_bytes: 1000 };
        let used = |open, awaited_bytes, stored_bytes| Usage { open, awaited_bytes, stored_bytes };
        for (usage, bytes, refused) in [
            (used(0, 0, 0), 100, None),
            (used(2, 99, 0), 1, None),
            (used(3, 0, 0), 1, Some("too_many_open_uploads")),
            (used(0, 100, 0), 1, Some("too_many_declared_bytes")),
            (used(0, 50, 940), 10, None),
            (used(0, 50, 940), 11, Some("quota_exceeded")),
            (used(0, 100, 1000), 0, None),
        ] {
            let code = admitted(usage, &quota, bytes).err().map(|problem| problem.code().to_owned());
            assert_eq!(code.as_deref(), refused, "{usage:?} {bytes}");
        }
        let unlimited = Quota { max_open_uploads: 0, max_declared_bytes: 0, max_stored_bytes: 0 };
        assert!(admitted(used(u64::MAX - 1, u64::MAX, u64::MAX), &unlimited, 1).is_ok());
    }
}
