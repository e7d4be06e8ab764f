//! Absolute links, below the public address and nothing else.

use super::Api;
use domain::ports::PortError;
use domain::{Bucket, ObjectKey, Timestamp, UploadId};
use std::time::Duration;

/// Links end at a full hour, so that they are the same, and cached, for that long.
const HOUR_S: i64 = 3600;
/// How long a link works at least.
const AT_LEAST: Duration = Duration::from_secs(3600);

/// Where an upload's status document is.
pub(crate) fn status(api: &Api, id: UploadId) -> String {
    format!("{}/uploads/{id}", api.settings.public_url)
}

/// When links that are given out now end.
pub(crate) fn expiry(now: Timestamp) -> Timestamp {
    let end = now.checked_add(AT_LEAST).unwrap_or(Timestamp::MAX);
    let rounded = (end.as_second() + HOUR_S - 1).div_euclid(HOUR_S) * HOUR_S;
    Timestamp::from_second(rounded).unwrap_or(end)
}

/// A link to an object of bucket `media`.
pub(crate) async fn to(api: &Api, key: &ObjectKey) -> Result<String, PortError> {
    api.ports.objects.sign_get(Bucket::Media, key, expiry(api.ports.clock.now())).await
}

/// The same, where there is an object.
pub(crate) async fn to_some(api: &Api, key: Option<&ObjectKey>) -> Result<Option<String>, PortError> {
    match key {
        Some(key) => to(api, key).await.map(Some),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_end_at_a_full_hour() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (now, end) in [(0, 3600), (1, 7200), (3599, 7200), (3600, 7200)] {
            assert_eq!(expiry(at(now)), at(end), "{now}");
        }
    }
}
