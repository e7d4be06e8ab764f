//! Puts and deletes: each is a task of its own, so that a caller that goes away cannot stop it between file and row.

use crate::error::StoreError;
use crate::object_files::{Draft, ObjectFiles};
use crate::object_rows::{self, ObjectRow, etag};
use crate::store::Store;
use domain::ports::PortError;
use domain::ports::objects::ObjectHead;
use domain::{Bucket, ObjectKey};
use std::collections::BTreeMap;

#[derive(Clone)]
pub(crate) struct ObjectWriter {
    pub(crate) store: Store,
    pub(crate) files: ObjectFiles,
}

/// Where a draft is put, and what is stored beside its content.
pub(crate) struct Destination {
    pub(crate) bucket: Bucket,
    pub(crate) key: ObjectKey,
    pub(crate) content_type: String,
    pub(crate) metadata: BTreeMap<String, String>,
}

impl ObjectWriter {
    /// Puts a draft. Errors: neither file nor row is left.
    pub(crate) async fn put(&self, draft: Draft, destination: Destination) -> Result<ObjectHead, PortError> {
        let writer = self.clone();
        detached(async move { writer.file_then_row(draft, destination).await }).await
    }

    /// Deletes an object, if there is one.
    pub(crate) async fn delete(&self, bucket: Bucket, key: ObjectKey) -> Result<(), PortError> {
        let writer = self.clone();
        detached(async move { writer.row_then_file(bucket, key).await }).await
    }

    async fn file_then_row(&self, draft: Draft, destination: Destination) -> Result<ObjectHead, PortError> {
        let Destination { bucket, key, content_type, metadata } = destination;
        let place = key.clone();
        if self.store.read(move |connection| object_rows::find(connection, bucket, &place)).await?.is_some() {
            return Err(PortError::conflict("the key is taken"));
        }
        let (size, sha256, place) = (draft.size(), draft.sha256(), key.clone());
        let version = self.files.run(move |files| files.place(bucket, &place, draft)).await?;
        let head = ObjectHead {
            size,
            etag: etag(&sha256),
            content_type,
            metadata,
            sha256: Some(sha256),
            modified_at: self.store.clock().now(),
        };
        let (row, place) = (ObjectRow { head: head.clone(), version: version.clone() }, key.clone());
        let written = self.store.write(move |txn| object_rows::insert(txn, bucket, &place, &row)).await;
        match written {
            Ok(()) => Ok(head),
            Err(error) => {
                self.remove_file(bucket, key, version).await?;
                Err(error)
            }
        }
    }

    async fn row_then_file(&self, bucket: Bucket, key: ObjectKey) -> Result<(), PortError> {
        let place = key.clone();
        match self.store.write(move |txn| object_rows::delete(txn, bucket, &place)).await? {
            Some(version) => self.remove_file(bucket, key, version).await,
            None => Ok(()),
        }
    }

    async fn remove_file(&self, bucket: Bucket, key: ObjectKey, version: String) -> Result<(), PortError> {
        self.files.run(move |files| files.remove(bucket, &key, &version)).await
    }
}

async fn detached<T: Send + 'static>(
    work: impl Future<Output = Result<T, PortError>> + Send + 'static,
) -> Result<T, PortError> {
    tokio::spawn(work).await.map_err(|_| StoreError::Panicked("the write of an object"))?
}
