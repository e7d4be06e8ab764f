//! Content that arrives in pieces, in a temporary file of the machine, until it is put. S3 wants to know its length and
//! checksum before its first byte.

use crate::object_writer::{NewContent, ObjectWriter};
use async_trait::async_trait;
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use domain::ports::objects::ObjectHead;
use domain::ports::{self, PortError, PortErrorKind};
use domain::{Bucket, ObjectKey, Sha256};
use sha2::Digest;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use tempfile::NamedTempFile;

pub(crate) struct Spool {
    writer: ObjectWriter,
    /// None after an append that failed or was abandoned.
    draft: Option<Draft>,
}

struct Draft {
    file: NamedTempFile,
    size: u64,
    digest: sha2::Sha256,
}

impl Draft {
    fn create() -> std::io::Result<Self> {
        Ok(Draft { file: NamedTempFile::new()?, size: 0, digest: sha2::Sha256::new() })
    }

    fn append(mut self, piece: &[u8]) -> std::io::Result<Self> {
        self.file.as_file_mut().write_all(piece)?;
        self.digest.update(piece);
        self.size += piece.len() as u64;
        Ok(self)
    }

    fn sha256(&self) -> Sha256 {
        Sha256::new(self.digest.clone().finalize().into())
    }
}

impl Spool {
    pub(crate) async fn open(writer: ObjectWriter) -> Result<Self, PortError> {
        Ok(Spool { writer, draft: Some(on_disk(Draft::create).await?) })
    }

    fn take(&mut self) -> Result<Draft, PortError> {
        let abandoned = || PortError::broken("a piece of the content was not written");
        self.draft.take().ok_or_else(abandoned)
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, PortError> {
    let done = tokio::task::spawn_blocking(work).await.map_err(PortError::broken)?;
    done.map_err(|error| {
        let kind = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::FileTooLarge => PortErrorKind::Full,
            _ => PortErrorKind::Broken,
        };
        PortError::new(kind, format!("a temporary file: {error}"))
    })
}

#[async_trait]
impl ports::objects::Spool for Spool {
    async fn append(&mut self, piece: Bytes) -> Result<(), PortError> {
        let draft = self.take()?;
        self.draft = Some(on_disk(move || draft.append(&piece)).await?);
        Ok(())
    }

    fn size(&self) -> u64 {
        self.draft.as_ref().map_or(0, |draft| draft.size)
    }

    fn sha256(&self) -> Sha256 {
        self.draft.as_ref().map_or_else(|| Sha256::of(b""), Draft::sha256)
    }

    async fn put(
        mut self: Box<Self>,
        bucket: Bucket,
        key: &ObjectKey,
        content_type: &str,
    ) -> Result<ObjectHead, PortError> {
        let draft = self.take()?;
        let body = ByteStream::from_path(draft.file.path()).await.map_err(PortError::broken)?;
        let content = NewContent { body, size: draft.size, sha256: draft.sha256() };
        // The file is read while it is sent, and again when that is repeated.
        self.writer.put(bucket, key, content, (content_type.to_owned(), BTreeMap::new())).await
    }
}
