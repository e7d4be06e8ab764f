//! Signed object URLs on one machine. (On AWS they lead to the bucket, and nobody comes here.)

use domain::ports::objects::PutGrant;
use domain::{Bucket, ObjectKey};
use std::collections::BTreeMap;

/// Why a request to an object is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct DoorError {
    /// Stable; shown to clients.
    pub code: &'static str,
    /// A sentence for clients.
    pub detail: String,
}

/// Tells which requests carry a good signature.
pub trait ObjectDoor: Send + Sync {
    /// What a PUT may put. `path` and `query` as they were sent; `headers` with lower-case names.
    fn open_put(
        &self,
        path: &str,
        query: &str,
        headers: &BTreeMap<String, String>,
    ) -> Result<PutGrant, DoorError>;

    /// What a GET may read.
    fn open_get(&self, path: &str, query: &str) -> Result<(Bucket, ObjectKey), DoorError>;
}
