//! Objects in buckets, as S3 has them.

use super::error::PortError;
use crate::media_type::MediaType;
use crate::object_key::{Bucket, ObjectKey};
use crate::sha256::Sha256;
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// The most bytes of metadata, keys and values together: S3's limit.
pub const MAX_METADATA_BYTES: usize = 2048;
/// The most keys of one listing.
pub const MAX_LISTED: usize = 1000;
/// The most bytes of one of [`Pieces`].
pub const MAX_PIECE_BYTES: usize = 64 << 10;

/// An object's content in order, in pieces of at most [`MAX_PIECE_BYTES`]. It ends after the last byte or with an error.
pub type Pieces = BoxStream<'static, Result<Bytes, PortError>>;

/// The metadata of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectHead {
    /// The size in bytes.
    pub size: u64,
    /// Identifies the content; without quotation marks.
    pub etag: String,
    /// The media type of the put.
    pub content_type: String,
    /// The metadata of the put; keys are lower-case.
    pub metadata: BTreeMap<String, String>,
    /// The content's digest; None if the store does not know it.
    pub sha256: Option<Sha256>,
    /// The moment of the put.
    pub modified_at: Timestamp,
}

/// An object to put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewObject {
    /// The content to put.
    pub bytes: Bytes,
    /// The content's media type.
    pub content_type: String,
    /// At most [`MAX_METADATA_BYTES`]; keys are lower-case letters, digits and `-`.
    pub metadata: BTreeMap<String, String>,
}

impl NewObject {
    /// Errors: `Denied`, metadata over the limit or with a key that no header can have.
    pub fn check_metadata(&self) -> Result<(), PortError> {
        let size: usize = self.metadata.iter().map(|(key, value)| key.len() + value.len()).sum();
        if size > MAX_METADATA_BYTES {
            return Err(PortError::denied(format!(
                "{size} bytes of metadata; the limit is {MAX_METADATA_BYTES}"
            )));
        }
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        match self.metadata.keys().find(|key| key.is_empty() || !key.chars().all(legal)) {
            Some(key) => {
                Err(PortError::denied(format!("metadata key {key:?}: lower-case letters, digits and '-'")))
            }
            None => Ok(()),
        }
    }
}

/// Permission for a client to put exactly this photo, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutGrant {
    /// The key of the photo.
    pub key: ObjectKey,
    /// The exact size in bytes.
    pub content_length: u64,
    /// The exact media type.
    pub content_type: MediaType,
    /// The digest of the content.
    pub sha256: Sha256,
}

/// A request that a client may send as it stands, with all its headers, until it expires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// An absolute URL; the signature is part of it.
    pub url: String,
    /// The headers that must be sent.
    pub headers: Vec<(String, String)>,
    /// The end of its validity.
    pub expires_at: Timestamp,
}

/// One page of a listing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Key and size, by key in byte order.
    pub objects: Vec<(ObjectKey, u64)>,
    /// The beginning of the next page; None at the end.
    pub next: Option<ObjectKey>,
}

/// The findings of one step of [`Objects::reconcile`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Contents without an object that were removed.
    pub removed: u64,
    /// Objects without their content. They are reported, never deleted.
    pub lost: Vec<(Bucket, ObjectKey)>,
    /// Where the next step goes on; None at the end.
    pub next: Option<String>,
}

/// Two buckets of objects. An object of bucket `media` under `user-uploads/` raises an event into queue `uploads` when
/// it becomes visible, at least once.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Puts an object unless its key is taken; once this returns it survives a crash. A caller that goes away leaves the object
    /// whole or none of it. `Conflict`: the key is taken (the object there is unchanged). `Denied`: metadata over the limit.
    /// `NotFound`: the upload that the key names was erased; S3 cannot tell, and intake deletes the object.
    async fn put(&self, bucket: Bucket, key: &ObjectKey, object: NewObject) -> Result<ObjectHead, PortError>;

    /// An object's metadata; None if there is no object.
    async fn head(&self, bucket: Bucket, key: &ObjectKey) -> Result<Option<ObjectHead>, PortError>;

    /// Opens a spool for content that arrives in pieces and is put once it is whole.
    async fn spool(&self) -> Result<Box<dyn Spool>, PortError>;

    /// Reads an object, or the part of it in `range` (bytes; cut to the object's size), piece by piece: no more than a few
    /// pieces are in memory at once, and what was opened stays readable when the object is deleted meanwhile. `NotFound`:
    /// there is none. `Conflict`: `etag` was given and the object there has another. `Denied`: the range is empty or
    /// begins behind the end.
    async fn stream(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        etag: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectHead, Pieces), PortError>;

    /// [`Objects::stream`] into memory, for content that is small or needed whole.
    async fn get(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        etag: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectHead, Bytes), PortError> {
        let (head, mut pieces) = self.stream(bucket, key, etag, range.clone()).await?;
        let length = range.map_or(head.size, |range| range.end.min(head.size).saturating_sub(range.start));
        let mut whole = BytesMut::with_capacity(usize::try_from(length).map_err(PortError::broken)?);
        while let Some(piece) = pieces.try_next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok((head, whole.freeze()))
    }

    /// Lists keys that begin with `prefix`, from `from` on, at most `most` (1 to [`MAX_LISTED`]).
    async fn list(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<&ObjectKey>,
        most: usize,
    ) -> Result<Listing, PortError>;

    /// Deletes an object and every older version of it. A missing object is no error.
    async fn delete(&self, bucket: Bucket, key: &ObjectKey) -> Result<(), PortError>;

    /// Deletes every object whose key begins with `prefix`, with every older version; returns the number of objects. `Denied`: an empty prefix.
    async fn delete_prefix(&self, bucket: Bucket, prefix: &str) -> Result<u64, PortError>;

    /// One bounded step of a comparison of contents and objects, which a crash can separate; from `from` on, or from the
    /// beginning. A content without an object is removed if it is at least `age` old: a younger one may be a put under way.
    /// A store that cannot separate them has nothing to do.
    async fn reconcile(&self, _from: Option<String>, _age: Duration) -> Result<Reconciled, PortError> {
        Ok(Reconciled::default())
    }

    /// A request with which a client can put exactly this photo into bucket `media`, once, for `ttl`.
    async fn sign_put(&self, grant: &PutGrant, ttl: Duration) -> Result<SignedRequest, PortError>;

    /// A URL from which anyone can read this object until `expires_at`.
    async fn sign_get(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        expires_at: Timestamp,
    ) -> Result<String, PortError>;
}

/// Content on its way in, kept outside memory until it is put. Dropping a spool removes what it holds.
#[async_trait]
pub trait Spool: Send + Sync {
    /// Appends a piece. After an error, or when this future was dropped, the spool only returns errors.
    async fn append(&mut self, piece: Bytes) -> Result<(), PortError>;

    /// Bytes appended so far.
    fn size(&self) -> u64;

    /// SHA-256 of the bytes appended so far.
    fn sha256(&self) -> Sha256;

    /// Puts the content, as [`Objects::put`] does with content in memory and by the same rules, without metadata.
    async fn put(
        self: Box<Self>,
        bucket: Bucket,
        key: &ObjectKey,
        content_type: &str,
    ) -> Result<ObjectHead, PortError>;
}
