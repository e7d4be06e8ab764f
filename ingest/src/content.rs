//! The content of a photo on its way in: bytes in memory, or a spool of the object store.

use bytes::Bytes;
use domain::ports::objects::{NewObject, ObjectHead, Spool};
use domain::ports::{Objects, PortError};
use domain::{Bucket, MediaType, ObjectKey, Sha256};
use std::collections::BTreeMap;

pub enum Content {
    Memory(Bytes),
    Spooled {
        spool: Box<dyn Spool>,
        /// As many as [`MediaType::sniff`] needs.
        first: Bytes,
    },
}

impl From<Bytes> for Content {
    fn from(bytes: Bytes) -> Self {
        Content::Memory(bytes)
    }
}

impl Content {
    pub fn size(&self) -> u64 {
        match self {
            Content::Memory(bytes) => bytes.len() as u64,
            Content::Spooled { spool, .. } => spool.size(),
        }
    }

    /// The first bytes, by which the type is sniffed.
    pub fn first(&self) -> &[u8] {
        match self {
            Content::Memory(bytes) => bytes,
            Content::Spooled { first, .. } => first,
        }
    }

    /// Computed off the async threads, unless it was computed while the content arrived.
    pub async fn sha256(&self) -> Result<Sha256, PortError> {
        match self {
            Content::Memory(bytes) => {
                let hashed = bytes.clone();
                tokio::task::spawn_blocking(move || Sha256::of(&hashed)).await.map_err(PortError::broken)
            }
            Content::Spooled { spool, .. } => Ok(spool.sha256()),
        }
    }

    /// Puts the content into bucket `media`, with the type that its first bytes have. Errors: as [`Objects::put`].
    pub async fn put(self, objects: &dyn Objects, key: &ObjectKey) -> Result<ObjectHead, PortError> {
        let content_type =
            MediaType::sniff(self.first()).map_or("application/octet-stream", MediaType::as_str);
        match self {
            Content::Memory(bytes) => {
                let content_type = content_type.to_owned();
                let object = NewObject { bytes, content_type, metadata: BTreeMap::new() };
                objects.put(Bucket::Media, key, object).await
            }
            Content::Spooled { spool, .. } => spool.put(Bucket::Media, key, content_type).await,
        }
    }
}
