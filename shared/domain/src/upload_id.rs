//! Ids of uploads: UUIDs, version 7 for declared uploads and 8 for adopted objects.

use crate::sha256::Sha256;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// An upload's id. Order comes from `created_at`, never from the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UploadId(Uuid);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("upload id {0:?} is not a UUID")]
pub struct InvalidUploadId(String);

impl UploadId {
    pub fn new(uuid: Uuid) -> Self {
        UploadId(uuid)
    }

    /// Reads the hyphenated form.
    pub fn parse(raw: &str) -> Result<Self, InvalidUploadId> {
        match Uuid::try_parse(raw) {
            Ok(uuid) if raw.len() == 36 => Ok(UploadId(uuid)),
            _ => Err(InvalidUploadId(raw.chars().take(60).collect())),
        }
    }

    /// The id of an object that was put without the API, made of bucket, key and ETag, so that its event may come twice.
    pub fn adopted(bucket: &str, key: &str, etag: &str) -> Self {
        UploadId(Sha256::of_words(&[bucket, key, etag]).to_uuid())
    }

    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_only_the_hyphenated_form() {
        let id = UploadId::new(Uuid::from_u128(7));
        assert_eq!(UploadId::parse(&id.to_string()), Ok(id));
        for bad in ["", "7", "00000000000000000000000000000007", "{00000000-0000-0000-0000-000000000007}"] {
            assert!(UploadId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn adoption_is_a_function_of_the_whole_object() {
        let id = UploadId::adopted("media", "user-uploads/t/u/x.jpg", "e1");
        assert_eq!(id, UploadId::adopted("media", "user-uploads/t/u/x.jpg", "e1"));
        assert_eq!(id.uuid().get_version_num(), 8);
        assert_ne!(id, UploadId::adopted("media", "user-uploads/t/u/x.jpg", "e2"));
        assert_ne!(id, UploadId::adopted("mediau", "ser-uploads/t/u/x.jpg", "e1"));
    }
}
