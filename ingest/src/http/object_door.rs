//! Signed object URLs: on one machine they lead here, on AWS to the bucket.

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

/// Where signed links lead to the bucket: a request for an object that comes here all the same is turned away.
pub struct ClosedDoor;

impl ClosedDoor {
    fn refused() -> DoorError {
        DoorError {
            code: "no_such_object",
            detail: "objects are read and put at the URLs that were signed".into(),
        }
    }
}

impl ObjectDoor for ClosedDoor {
    fn open_put(&self, _: &str, _: &str, _: &BTreeMap<String, String>) -> Result<PutGrant, DoorError> {
        Err(ClosedDoor::refused())
    }

    fn open_get(&self, _: &str, _: &str) -> Result<(Bucket, ObjectKey), DoorError> {
        Err(ClosedDoor::refused())
    }
}
