//! Puts content, from memory or a file, into a bucket: once, checked by S3 against its SHA-256.

use crate::error::{self, unreadable};
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use domain::ports::objects::ObjectHead;
use domain::ports::{Clock, PortError};
use domain::{Bucket, ObjectKey, Sha256};
use settings::Resources;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) struct ObjectWriter {
    pub client: Client,
    pub resources: Arc<Resources>,
    pub clock: Arc<dyn Clock>,
}

pub(crate) struct NewContent {
    pub body: ByteStream,
    pub size: u64,
    pub sha256: Sha256,
}

impl ObjectWriter {
    pub(crate) async fn put(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        content: NewContent,
        (content_type, metadata): (String, BTreeMap<String, String>),
    ) -> Result<ObjectHead, PortError> {
        let put = self
            .client
            .put_object()
            .bucket(self.resources.bucket(bucket))
            .key(key.as_str())
            .if_none_match("*")
            .content_type(&content_type)
            .checksum_sha256(content.sha256.to_base64())
            .set_metadata(Some(metadata.clone().into_iter().collect()))
            .body(content.body)
            .send()
            .await
            .map_err(|error| error::port(format!("s3:PutObject {bucket:?}"), error))?;
        Ok(ObjectHead {
            size: content.size,
            etag: unquoted(put.e_tag().ok_or_else(|| unreadable("a put without an ETag"))?),
            content_type,
            metadata,
            sha256: Some(content.sha256),
            modified_at: self.clock.now(),
        })
    }
}

/// An ETag without the quotation marks of its header.
pub(crate) fn unquoted(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}
