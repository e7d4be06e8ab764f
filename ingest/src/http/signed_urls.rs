//! Signed object URLs: on one machine they lead here, on AWS to the bucket.

use domain::ports::objects::PutGrant;
use domain::{Bucket, ObjectKey};
use std::collections::BTreeMap;

/// Why a request to an object is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct UrlRefused {
    /// Stable; shown to clients.
    pub code: &'static str,
    /// A sentence for clients.
    pub detail: String,
}

/// Tells which requests carry a good signature.
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
}

/// Where signed links lead to the bucket: a request for an object that comes here all the same is turned away.
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
}
