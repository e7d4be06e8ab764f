//! Objects in S3, or in an S3-compatible store.

use crate::clients::Clients;
use crate::clock::from_sdk;
use crate::error::{self, unreadable};
use crate::object_versions;
use crate::object_writer::{NewContent, ObjectWriter, unquoted};
use crate::presigned;
use crate::spool::Spool;
use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::ChecksumMode;
use bytes::Bytes;
use domain::ports::objects::{
    Listing, MAX_PIECE_BYTES, NewObject, ObjectHead, Pieces, PutGrant, SignedRequest,
};
use domain::ports::{self, Clock, PortError, PortErrorKind};
use domain::{Bucket, ObjectKey, Sha256, Timestamp};
use futures_util::stream::{self, StreamExt};
use settings::Resources;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// S3 lists up to 1000 keys, and one more than requested gives the start of the next page.
const MAX_LISTED: usize = ports::objects::MAX_LISTED - 1;
/// The most pages that one listing reads, if foreign keys that are no [`ObjectKey`] fill them.
const MAX_PAGES: usize = 10;

#[derive(Clone)]
pub struct Objects {
    client: Client,
    resources: Arc<Resources>,
    clock: Arc<dyn Clock>,
}

impl Objects {
    pub fn new(clients: &Clients, resources: &Arc<Resources>, clock: Arc<dyn Clock>) -> Self {
        Objects { client: clients.s3.clone(), resources: resources.clone(), clock }
    }

    fn bucket(&self, bucket: Bucket) -> &str {
        self.resources.bucket(bucket)
    }

    fn writer(&self) -> ObjectWriter {
        ObjectWriter {
            client: self.client.clone(),
            resources: self.resources.clone(),
            clock: self.clock.clone(),
        }
    }
}

/// The headers of an object, by HEAD or GET.
#[derive(Default)]
struct Headers {
    size: Option<u64>,
    etag: Option<String>,
    content_type: Option<String>,
    metadata: Option<HashMap<String, String>>,
    sha256: Option<String>,
    modified_at: Option<DateTime>,
}

impl Headers {
    /// Errors: `Broken`, it names the call.
    fn head(self, call: &str) -> Result<ObjectHead, PortError> {
        let missing = |what: &str| unreadable(format!("{call}: an object without {what}"));
        let modified_at = self.modified_at.ok_or_else(|| missing("a date"))?;
        Ok(ObjectHead {
            size: self.size.ok_or_else(|| missing("a size"))?,
            etag: unquoted(&self.etag.ok_or_else(|| missing("an ETag"))?),
            content_type: self.content_type.unwrap_or_else(|| "binary/octet-stream".into()),
            metadata: self.metadata.unwrap_or_default().into_iter().collect(),
            // The checksum of a multipart object is a checksum of checksums, not a sha256.
            sha256: self.sha256.and_then(|base64| Sha256::parse_base64(&base64).ok()),
            modified_at: from_sdk(&modified_at),
        })
    }
}

fn size(length: Option<i64>) -> Option<u64> {
    length.and_then(|length| u64::try_from(length).ok())
}

/// The object's size in `Content-Range: bytes 0-2/7`.
fn whole(content_range: &str) -> Option<u64> {
    content_range.rsplit_once('/')?.1.parse().ok()
}

/// The value of the `Range` header. Errors: `Denied`, an empty range.
fn header(range: &Range<u64>) -> Result<String, PortError> {
    match range.end.checked_sub(1) {
        Some(last) if range.start <= last => Ok(format!("bytes={}-{last}", range.start)),
        _ => Err(PortError::denied(format!("the range {range:?} is empty"))),
    }
}

/// The body as it arrives, larger parts cut.
fn pieces(bucket: Bucket, body: ByteStream) -> Pieces {
    let broken = move |error| PortError::broken(format!("s3:GetObject {bucket:?}: {error}"));
    let next = move |(mut body, mut arrived): (ByteStream, Bytes)| async move {
        while arrived.is_empty() {
            match body.try_next().await.map_err(broken)? {
                Some(more) => arrived = more,
                None => return Ok(None),
            }
        }
        let piece = arrived.split_to(arrived.len().min(MAX_PIECE_BYTES));
        Ok(Some((piece, (body, arrived))))
    };
    stream::try_unfold((body, Bytes::new()), next).boxed()
}

/// A text just before `key` in S3's order, so that a listing after it begins with `key`. The caller skips keys in between.
fn just_before(key: &ObjectKey) -> String {
    let mut shorter = key.as_str().chars();
    let last = shorter.next_back().map_or(0, u32::from);
    let previous = (0..last).rev().find_map(char::from_u32);
    let mut before: String = shorter.as_str().chars().chain(previous).collect();
    if before.len() + char::MAX.len_utf8() <= 1024 {
        before.push(char::MAX);
    }
    before
}

#[async_trait]
impl ports::Objects for Objects {
    async fn put(&self, bucket: Bucket, key: &ObjectKey, object: NewObject) -> Result<ObjectHead, PortError> {
        object.check_metadata()?;
        let NewObject { bytes, content_type, metadata } = object;
        let content = NewContent { size: bytes.len() as u64, sha256: Sha256::of(&bytes), body: bytes.into() };
        self.writer().put(bucket, key, content, (content_type, metadata)).await
    }

    async fn spool(&self) -> Result<Box<dyn ports::objects::Spool>, PortError> {
        Ok(Box::new(Spool::open(self.writer()).await?))
    }

    async fn head(&self, bucket: Bucket, key: &ObjectKey) -> Result<Option<ObjectHead>, PortError> {
        let asked = self
            .client
            .head_object()
            .bucket(self.bucket(bucket))
            .key(key.as_str())
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .map_err(|error| error::port(format!("s3:HeadObject {bucket:?}"), error));
        let answer = match asked {
            Ok(answer) => answer,
            Err(error) if error.kind == PortErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let headers = Headers {
            size: size(answer.content_length),
            etag: answer.e_tag,
            content_type: answer.content_type,
            metadata: answer.metadata,
            sha256: answer.checksum_sha256,
            modified_at: answer.last_modified,
        };
        headers.head("s3:HeadObject").map(Some)
    }

    async fn stream(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        etag: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectHead, Pieces), PortError> {
        let range = range.as_ref().map(header).transpose()?;
        let answer = self
            .client
            .get_object()
            .bucket(self.bucket(bucket))
            .key(key.as_str())
            .set_if_match(etag.map(|etag| format!("\"{etag}\"")))
            .set_range(range)
            .send()
            .await
            .map_err(|error| error::port(format!("s3:GetObject {bucket:?}"), error))?;
        let headers = Headers {
            size: answer.content_range.as_deref().and_then(whole).or(size(answer.content_length)),
            etag: answer.e_tag,
            content_type: answer.content_type,
            metadata: answer.metadata,
            sha256: answer.checksum_sha256,
            modified_at: answer.last_modified,
        };
        Ok((headers.head("s3:GetObject")?, pieces(bucket, answer.body)))
    }

    async fn list(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<&ObjectKey>,
        most: usize,
    ) -> Result<Listing, PortError> {
        let most = most.clamp(1, MAX_LISTED);
        let mut listing = Listing::default();
        let mut next_page = None;
        for _ in 0..MAX_PAGES {
            let page = self
                .client
                .list_objects_v2()
                .bucket(self.bucket(bucket))
                .prefix(prefix)
                .set_start_after(from.map(just_before))
                .set_continuation_token(next_page)
                .max_keys(i32::try_from(most + 1).unwrap_or(i32::MAX))
                .send()
                .await
                .map_err(|error| error::port(format!("s3:ListObjectsV2 {bucket:?}"), error))?;
            let keys = page.contents().iter().filter_map(|object| {
                // Foreign objects may have keys that are no `ObjectKey`; ours never do.
                let key = ObjectKey::parse(object.key()?).ok()?;
                Some((key, size(object.size()).unwrap_or(0)))
            });
            listing.objects.extend(keys.filter(|(key, _)| from.is_none_or(|from| key >= from)));
            if listing.objects.len() > most {
                listing.next = Some(listing.objects.swap_remove(most).0);
                listing.objects.truncate(most);
                return Ok(listing);
            }
            next_page = page.next_continuation_token;
            if next_page.is_none() {
                return Ok(listing);
            }
        }
        Err(PortError::broken(format!("{prefix:?} has too many foreign keys")))
    }

    async fn delete(&self, bucket: Bucket, key: &ObjectKey) -> Result<(), PortError> {
        if self.bucket(bucket).is_empty() {
            // Enrolment is off: its bucket was given up with what it holds (docs/faces.md).
            tracing::warn!(%key, "an enrolled photo is left in the bucket that was given up");
            return Ok(());
        }
        let ours = |found: &str| found == key.as_str();
        object_versions::delete(&self.client, self.bucket(bucket), key.as_str(), ours).await.map(drop)
    }

    async fn delete_prefix(&self, bucket: Bucket, prefix: &str) -> Result<u64, PortError> {
        if prefix.is_empty() {
            return Err(PortError::denied("an empty prefix would delete the whole bucket"));
        }
        if self.bucket(bucket).is_empty() {
            return Ok(0);
        }
        object_versions::delete(&self.client, self.bucket(bucket), prefix, |_| true).await
    }

    async fn sign_put(&self, grant: &PutGrant, ttl: Duration) -> Result<SignedRequest, PortError> {
        presigned::put(&self.client, &self.resources.media_bucket, grant, self.clock.now(), ttl).await
    }

    async fn sign_get(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        expires_at: Timestamp,
    ) -> Result<String, PortError> {
        presigned::get(&self.client, self.bucket(bucket), key, self.clock.now(), expires_at).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn key(raw: &str) -> ObjectKey {
        ObjectKey::parse(raw).unwrap()
    }

    #[test]
    fn a_listing_begins_with_its_key() {
        for (raw, smaller) in [("p/2", "p/1"), ("a", "Z"), ("a!", "a"), ("\u{e000}", "z"), ("ключ", "клю")]
        {
            let before = just_before(&key(raw));
            assert!(before.as_str() < raw && before.as_str() > smaller, "{raw}: {before:?}");
        }
        assert!(just_before(&key(&"k".repeat(1024))).len() <= 1024);
    }

    #[test]
    fn ranges_are_headers() {
        assert_eq!(header(&(0..3)).unwrap(), "bytes=0-2");
        for empty in [Range { start: 3, end: 3 }, Range { start: 0, end: 0 }, Range { start: 4, end: 2 }] {
            assert_eq!(header(&empty).unwrap_err().kind, PortErrorKind::Denied);
        }
        assert_eq!(whole("bytes 0-2/7"), Some(7));
        assert_eq!(whole("bytes 0-2/*"), None);
    }

    #[test]
    fn a_checksum_of_parts_is_no_sha256() {
        let headers = |sha256: String| Headers {
            size: Some(1),
            etag: Some("\"e\"".into()),
            sha256: Some(sha256),
            modified_at: Some(DateTime::from_secs(1)),
            metadata: Some(HashMap::new()),
            ..Headers::default()
        };
        let sha256 = Sha256::of(b"photo");
        assert_eq!(headers(sha256.to_base64()).head("a call").unwrap().sha256, Some(sha256));
        let head = headers(format!("{}-2", sha256.to_base64())).head("a call").unwrap();
        assert_eq!((head.sha256, head.etag.as_str(), head.metadata), (None, "e", BTreeMap::new()));
        assert!(Headers::default().head("a call").is_err());
    }
}
