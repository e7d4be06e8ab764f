//! Limits of what one user may order and store. They are checked against a usage that may be some seconds old, so a user
//! may pass them by a little.

use super::api::HttpSettings;
use super::budget::Owner;
use crate::cache::Cache;
use crate::problem::Problem;
use axum::http::StatusCode;
use domain::ports::uploads::Usage;
use domain::{Ports, Timestamp};
use std::time::Duration;

/// How long a usage that was read counts; what this process admits meanwhile is added to it.
const CACHED: Duration = Duration::from_secs(10);
/// `Retry-After` of a user with too many open uploads.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// A user's limits; 0 for none.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// Uploads that are awaited, stored or running.
    pub max_open_uploads: u64,
    /// Declared bytes that are awaited.
    pub max_awaited_bytes: u64,
    /// Bytes of stored photos, with those that are awaited.
    pub max_stored_bytes: u64,
}

impl Default for Quota {
    fn default() -> Self {
        Quota { max_open_uploads: 1000, max_awaited_bytes: 5 << 30, max_stored_bytes: 100 << 30 }
    }
}

/// The usage of users who have ordered lately.
#[derive(Default)]
pub(crate) struct Usages(Cache<Owner, (Usage, Timestamp)>);

impl Usages {
    /// Admits an order of `owner` that takes up `bytes`. Errors: 429 `too_many_open_uploads` or `too_many_awaited_bytes`,
    /// 507 `quota_exceeded`; each names the limit.
    pub(crate) async fn admit(
        &self,
        ports: &Ports,
        settings: &HttpSettings,
        owner: &Owner,
        bytes: u64,
    ) -> Result<(), Problem> {
        let now = ports.clock.now();
        let (usage, until) = match self.0.get(owner, now) {
            Some(cached) => cached,
            None => {
                let usage = ports.uploads.usage(&owner.0, &owner.1).await?;
                (usage, now.checked_add(CACHED).unwrap_or(Timestamp::MAX))
            }
        };
        let next = admitted(usage, &settings.quota, bytes)?;
        self.0.insert(owner.clone(), (next, until), until, now);
        Ok(())
    }
}

/// The usage after an order that takes up `bytes`.
fn admitted(usage: Usage, quota: &Quota, bytes: u64) -> Result<Usage, Problem> {
    let fits = |taken: u64, limit: u64| limit == 0 || taken <= limit;
    let next = Usage {
        open: usage.open + 1,
        awaited_bytes: usage.awaited_bytes.saturating_add(bytes),
        stored_bytes: usage.stored_bytes,
    };
    if !fits(next.open, quota.max_open_uploads) {
        let limit = quota.max_open_uploads;
        let detail = format!("at most {limit} uploads of a user are open at a time; wait for some, or erase them");
        return Err(too_many("too_many_open_uploads", detail, limit));
    }
    if bytes > 0 && !fits(next.awaited_bytes, quota.max_awaited_bytes) {
        let limit = quota.max_awaited_bytes;
        let detail = format!("at most {limit} bytes of a user are declared and awaited at a time; put some first");
        return Err(too_many("too_many_awaited_bytes", detail, limit));
    }
    if bytes > 0 && !fits(next.awaited_bytes.saturating_add(next.stored_bytes), quota.max_stored_bytes) {
        let limit = quota.max_stored_bytes;
        let detail = format!("at most {limit} bytes of a user are stored; erase some photos");
        return Err(Problem::new(StatusCode::INSUFFICIENT_STORAGE, "quota_exceeded", detail).with("limit", limit));
    }
    Ok(next)
}

fn too_many(code: &str, detail: String, limit: u64) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, code, detail).with("limit", limit).retry_after(RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_has_its_answer() {
        let quota = Quota { max_open_uploads: 3, max_awaited_bytes: 100, max_stored_bytes: 1000 };
        let used = |open, awaited_bytes, stored_bytes| Usage { open, awaited_bytes, stored_bytes };
        for (usage, bytes, refused) in [
            (used(0, 0, 0), 100, None),
            (used(2, 99, 0), 1, None),
            (used(3, 0, 0), 1, Some("too_many_open_uploads")),
            (used(0, 100, 0), 1, Some("too_many_awaited_bytes")),
            (used(0, 50, 940), 10, None),
            (used(0, 50, 940), 11, Some("quota_exceeded")),
            (used(0, 100, 1000), 0, None),
        ] {
            let code = admitted(usage, &quota, bytes).err().map(|problem| problem.code().to_owned());
            assert_eq!(code.as_deref(), refused, "{usage:?} {bytes}");
        }
        let unlimited = Quota { max_open_uploads: 0, max_awaited_bytes: 0, max_stored_bytes: 0 };
        assert!(admitted(used(u64::MAX - 1, u64::MAX, u64::MAX), &unlimited, 1).is_ok());
    }
}
