//! Absolute links below the public address: how they are made, and how the signed ones are verified.

use domain::ports::objects::PutGrant;
use domain::ports::{Clock, Objects, PortError};
use domain::{Bucket, ObjectKey, Ports, Timestamp, UploadId};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Links expire at a full hour, so that they are the same, and cached, for that long.
const HOUR_S: i64 = 3600;
/// Minimum lifetime of a link.
const MIN_LIFE: Duration = Duration::from_secs(3600);

#[derive(Clone)]
pub struct Links {
    objects: Arc<dyn Objects>,
    clock: Arc<dyn Clock>,
    public_url: String,
}

impl Links {
    /// Links to the objects of `ports`, and to the API below `public_url`: scheme, host and port, no path.
    pub fn new(ports: &Ports, public_url: &str) -> Self {
        Links {
            objects: ports.objects.clone(),
            clock: ports.clock.clone(),
            public_url: public_url.trim_end_matches('/').to_owned(),
        }
    }

    /// The URL of an upload's status document.
    pub(crate) fn status(&self, id: UploadId) -> String {
        format!("{}/uploads/{id}", self.public_url)
    }

    /// A link to an object of bucket `media`.
    pub(crate) async fn to(&self, key: &ObjectKey) -> Result<String, PortError> {
        self.objects.sign_get(Bucket::Media, key, expiry(self.clock.now())).await
    }

    /// A link to the photo of an enrolment.
    pub(crate) async fn to_enrolled(&self, key: &ObjectKey) -> Result<String, PortError> {
        self.objects.sign_get(Bucket::UsersPhotos, key, expiry(self.clock.now())).await
    }

    pub(crate) async fn to_some(&self, key: Option<&ObjectKey>) -> Result<Option<String>, PortError> {
        match key {
            Some(key) => self.to(key).await.map(Some),
            None => Ok(None),
        }
    }
}

/// When links made now expire.
fn expiry(now: Timestamp) -> Timestamp {
    let end = now.checked_add(MIN_LIFE).unwrap_or(Timestamp::MAX);
    let rounded = (end.as_second() + HOUR_S - 1).div_euclid(HOUR_S) * HOUR_S;
    Timestamp::from_second(rounded).unwrap_or(end)
}

/// Why a request for an object is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct UrlRefused {
    /// Stable; sent to clients.
    pub code: &'static str,
    /// A sentence for clients.
    pub detail: String,
}

/// Verifies the signatures of links that lead to this API: those of one machine. On AWS they lead to the bucket.
pub trait UrlVerifier: Send + Sync {
    /// What a PUT may put. `path` and `query` as they were sent; `headers` with lower-case names.
    fn verify_put(
        &self,
        path: &str,
        query: &str,
        headers: &BTreeMap<String, String>,
    ) -> Result<PutGrant, UrlRefused>;

    /// What a GET may read.
    fn verify_get(&self, path: &str, query: &str) -> Result<(Bucket, ObjectKey), UrlRefused>;

    /// The source expression (CSP) of the URLs, unless they lead to this API.
    fn objects_origin(&self) -> Option<&'static str> {
        None
    }
}

/// Refuses every request for an object, where signed links lead to the bucket.
pub struct NoLocalObjects;

impl NoLocalObjects {
    fn refused() -> UrlRefused {
        UrlRefused {
            code: "no_such_object",
            detail: "objects are read and put at the URLs that were signed".into(),
        }
    }
}

impl UrlVerifier for NoLocalObjects {
    fn verify_put(&self, _: &str, _: &str, _: &BTreeMap<String, String>) -> Result<PutGrant, UrlRefused> {
        Err(NoLocalObjects::refused())
    }

    fn verify_get(&self, _: &str, _: &str) -> Result<(Bucket, ObjectKey), UrlRefused> {
        Err(NoLocalObjects::refused())
    }

    fn objects_origin(&self) -> Option<&'static str> {
        Some("https://*.amazonaws.com")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_expire_at_a_full_hour() {
        let at = |second| Timestamp::from_second(second).unwrap();
        for (now, end) in [(0, 3600), (1, 7200), (3599, 7200), (3600, 7200)] {
            assert_eq!(expiry(at(now)), at(end), "{now}");
        }
    }
}
