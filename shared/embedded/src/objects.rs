//! Objects on one machine: bytes in files, everything else in rows. The file is synced before the row is written, and
//! removed after the row is deleted.

use crate::clock::after;
use crate::error::StoreError;
use crate::object_files::{Content, ObjectFiles};
use crate::object_rows::{self, ObjectRow};
use crate::object_writer::{Destination, ObjectWriter};
use crate::signed_url::SignedUrls;
use crate::spool::Spool;
use crate::store::Store;
use async_trait::async_trait;
use domain::ports::objects::{
    Listing, MAX_LISTED, NewObject, ObjectHead, Pieces, PutGrant, Reconciled, SignedRequest,
};
use domain::ports::{self, PortError};
use domain::{Bucket, ObjectKey, Timestamp};
use futures_util::stream::{self, StreamExt};
use std::ops::Range;
use std::time::Duration;

#[derive(Clone)]
pub struct Objects {
    pub(crate) writer: ObjectWriter,
    urls: SignedUrls,
}

impl Objects {
    /// Signed URLs begin with `public_url`.
    pub fn new(store: &Store, public_url: &str) -> Self {
        let files = ObjectFiles::new(store.dir());
        let writer = ObjectWriter { store: store.clone(), files };
        Objects { writer, urls: SignedUrls::new(public_url, store.keys()) }
    }

    /// Verifies the URLs that these objects were signed with.
    pub fn signed_urls(&self) -> &SignedUrls {
        &self.urls
    }

    /// Every step of [`ports::Objects::reconcile`], at start: before the first put.
    pub async fn reconcile_all(&self, age: Duration) -> Result<Reconciled, PortError> {
        self.writer.reconcile_all(age).await
    }

    async fn find(&self, bucket: Bucket, key: &ObjectKey) -> Result<Option<ObjectRow>, PortError> {
        let key = key.clone();
        self.writer.store.read(move |connection| object_rows::find(connection, bucket, &key)).await
    }
}

/// The range, cut to the size. Errors: `Denied`, it is empty or begins behind the end.
fn cut(range: Option<Range<u64>>, size: u64) -> Result<Range<u64>, PortError> {
    match range {
        None => Ok(0..size),
        Some(range) if range.start < size && range.start < range.end => Ok(range.start..range.end.min(size)),
        Some(range) => Err(PortError::denied(format!("the range {range:?} of an object of {size} bytes"))),
    }
}

/// Each piece is read when it is polled for, off the async threads.
fn pieces(content: Content) -> Pieces {
    let next = |mut content: Content| async move {
        if content.is_at_end() {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || content.read().map(|piece| (piece, content)));
        let read = read.await.map_err(|_| StoreError::Panicked("a file operation"))?;
        Ok(Some(read?))
    };
    stream::try_unfold(content, next).boxed()
}

#[async_trait]
impl ports::Objects for Objects {
    async fn put(&self, bucket: Bucket, key: &ObjectKey, object: NewObject) -> Result<ObjectHead, PortError> {
        object.check_metadata()?;
        let NewObject { bytes, content_type, metadata } = object;
        let draft = self
            .writer
            .files
            .run(move |files| {
                let mut draft = files.draft()?;
                draft.append(&bytes)?;
                Ok(draft)
            })
            .await?;
        self.writer.put(draft, Destination { bucket, key: key.clone(), content_type, metadata }).await
    }

    async fn spool(&self) -> Result<Box<dyn ports::objects::Spool>, PortError> {
        let draft = self.writer.files.run(ObjectFiles::draft).await?;
        Ok(Box::new(Spool::new(&self.writer, draft)))
    }

    async fn head(&self, bucket: Bucket, key: &ObjectKey) -> Result<Option<ObjectHead>, PortError> {
        Ok(self.find(bucket, key).await?.map(|found| found.head))
    }

    async fn stream(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        etag: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectHead, Pieces), PortError> {
        let found = self.find(bucket, key).await?.ok_or_else(|| PortError::not_found("no such object"))?;
        if etag.is_some_and(|etag| etag != found.head.etag) {
            return Err(PortError::conflict("the object has another etag"));
        }
        let range = cut(range, found.head.size)?;
        let (place, version) = (key.clone(), found.version);
        let content = self.writer.files.run(move |files| files.open(bucket, &place, &version, range)).await?;
        match content {
            Some(content) => Ok((found.head, pieces(content))),
            None if self.find(bucket, key).await?.is_none() => Err(PortError::not_found("deleted meanwhile")),
            None => Err(PortError::broken("the object's file is lost")),
        }
    }

    async fn list(
        &self,
        bucket: Bucket,
        prefix: &str,
        from: Option<&ObjectKey>,
        most: usize,
    ) -> Result<Listing, PortError> {
        let most = most.clamp(1, MAX_LISTED);
        let (prefix, from) = (prefix.to_owned(), from.map(|key| key.as_str().to_owned()));
        self.writer
            .store
            .read(move |connection| object_rows::list(connection, bucket, &prefix, from.as_deref(), most))
            .await
    }

    async fn delete(&self, bucket: Bucket, key: &ObjectKey) -> Result<(), PortError> {
        self.writer.delete(bucket, key.clone()).await
    }

    async fn delete_prefix(&self, bucket: Bucket, prefix: &str) -> Result<u64, PortError> {
        if prefix.is_empty() {
            return Err(PortError::denied("an empty prefix would delete the whole bucket"));
        }
        let mut deleted = 0;
        loop {
            let page = self.list(bucket, prefix, None, MAX_LISTED).await?;
            for (key, _) in &page.objects {
                self.delete(bucket, key).await?;
                deleted += 1;
            }
            if page.next.is_none() {
                return Ok(deleted);
            }
        }
    }

    async fn reconcile(&self, from: Option<String>, age: Duration) -> Result<Reconciled, PortError> {
        self.writer.reconcile(from.as_deref(), age).await
    }

    async fn sign_put(&self, grant: &PutGrant, ttl: Duration) -> Result<SignedRequest, PortError> {
        Ok(self.urls.sign_put(grant, after(self.writer.store.clock().now(), ttl)))
    }

    async fn sign_get(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        expires_at: Timestamp,
    ) -> Result<String, PortError> {
        Ok(self.urls.sign_get(bucket, key, expires_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Options;
    use bytes::Bytes;
    use domain::ports::{Objects as _, Uploads as _};
    use std::path::Path;

    fn files(folder: &Path) -> usize {
        let entries =
            std::fs::read_dir(folder).map_or_else(|_| Vec::new(), |entries| entries.flatten().collect());
        let count = |entry: &std::fs::DirEntry| if entry.path().is_dir() { files(&entry.path()) } else { 1 };
        entries.iter().map(count).sum()
    }

    async fn rows(objects: &Objects) -> usize {
        objects.list(Bucket::Media, "", None, MAX_LISTED).await.unwrap().objects.len()
    }

    /// Callers go away at every moment of a put, a spool and a delete.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn callers_that_go_away_leave_no_file_without_a_row() {
        let root = tempfile::tempdir().unwrap();
        let objects =
            Objects::new(&Store::open(root.path(), Options::default()).unwrap(), "http://localhost");
        let object = || NewObject {
            bytes: Bytes::from(vec![7; 300_000]),
            content_type: "image/jpeg".into(),
            metadata: Default::default(),
        };
        let key = |number: u64| ObjectKey::parse(&format!("user-uploads/acme/ana/{number}")).unwrap();
        for number in 0..120 {
            if number % 3 == 0 {
                objects.put(Bucket::Media, &key(number), object()).await.unwrap();
            }
            let (objects, key) = (objects.clone(), key(number));
            let caller = tokio::spawn(async move {
                match number % 3 {
                    0 => objects.delete(Bucket::Media, &key).await.map(drop),
                    1 => objects.put(Bucket::Media, &key, object()).await.map(drop),
                    _ => {
                        let mut spool = objects.spool().await?;
                        spool.append(object().bytes).await?;
                        spool.put(Bucket::Media, &key, "image/jpeg").await.map(drop)
                    }
                }
            });
            tokio::time::sleep(Duration::from_micros(number * 40)).await;
            caller.abort();
        }
        let settled = async {
            while files(&root.path().join("objects")) != rows(&objects).await
                || files(&root.path().join("tmp")) != 0
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let settled = tokio::time::timeout(Duration::from_secs(20), settled).await;
        let (files, rows) = (files(&root.path().join("objects")), rows(&objects).await);
        assert!(settled.is_ok(), "{files} files and {rows} rows");
        assert!(rows > 0 && rows < 120, "{rows} of 120: no caller went away in time, or all of them did");
    }

    /// A presigned PUT is valid for minutes after its upload was erased.
    #[tokio::test]
    async fn a_put_for_an_erased_upload_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), Options::default()).unwrap();
        let objects = Objects::new(&store, "http://localhost");
        let upload = domain::fixture::awaiting();
        let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
        let tombstone = domain::Tombstone {
            tenant_id: upload.tenant_id.clone(),
            upload_id: upload.upload_id,
            erased_at: domain::fixture::now(),
        };
        crate::Uploads::new(&store).erase(tombstone).await.unwrap();
        let mut spool = objects.spool().await.unwrap();
        spool.append(Bytes::from_static(b"secret")).await.unwrap();
        let refused = spool.put(Bucket::Media, &key, "image/jpeg").await.unwrap_err();
        assert_eq!(refused.kind, ports::PortErrorKind::NotFound, "{refused}");
        assert_eq!(files(&root.path().join("objects")) + files(&root.path().join("tmp")), 0);
    }
}
