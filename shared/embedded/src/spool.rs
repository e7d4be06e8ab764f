//! Content that arrives in pieces, in a file of `tmp`, until it is put.

use crate::error::StoreError;
use crate::object_files::Draft;
use crate::object_writer::{Destination, ObjectWriter};
use async_trait::async_trait;
use bytes::Bytes;
use domain::ports::objects::ObjectHead;
use domain::ports::{self, PortError};
use domain::{Bucket, ObjectKey, Sha256};
use std::collections::BTreeMap;

pub(crate) struct Spool {
    writer: ObjectWriter,
    /// None after an append that failed or was abandoned.
    draft: Option<Draft>,
}

impl Spool {
    pub(crate) fn new(writer: &ObjectWriter, draft: Draft) -> Self {
        Spool { writer: writer.clone(), draft: Some(draft) }
    }

    fn take(&mut self) -> Result<Draft, PortError> {
        let abandoned = || PortError::broken("a piece of the content was not written");
        self.draft.take().ok_or_else(abandoned)
    }
}

#[async_trait]
impl ports::objects::Spool for Spool {
    async fn append(&mut self, piece: Bytes) -> Result<(), PortError> {
        let mut draft = self.take()?;
        let written = tokio::task::spawn_blocking(move || draft.append(&piece).map(|()| draft));
        let written = written.await.map_err(|_| StoreError::Panicked("a file operation"))?;
        self.draft = Some(written?);
        Ok(())
    }

    fn size(&self) -> u64 {
        self.draft.as_ref().map_or(0, Draft::size)
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
        let (key, content_type) = (key.clone(), content_type.to_owned());
        self.writer.put(draft, Destination { bucket, key, content_type, metadata: BTreeMap::new() }).await
    }
}
