//! Objects on one machine: bytes in files, everything else in rows. The row decides whether an object is there; the
//! file is synced before the row is written and removed after the row is gone.

use crate::clock::{after, from_ms};
use crate::error::{sql, unreadable};
use crate::object_files::ObjectFiles;
use crate::queue::send_in;
use crate::signed_url::SignedUrls;
use crate::store::Store;
use crate::writer::Turn;
use async_trait::async_trait;
use bytes::Bytes;
use domain::object_event::ObjectCreated;
use domain::object_key::UPLOADS_PREFIX;
use domain::ports::objects::{Listing, MAX_LISTED, NewObject, ObjectHead, PutGrant, SignedRequest};
use domain::ports::queue::{MessageGroup, NewMessage};
use domain::ports::{self, PortError};
use domain::{Bucket, ObjectKey, QueueName, Sha256, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};
use std::ops::Range;
use std::time::Duration;
use uuid::Uuid;

/// The objects of a data directory.
#[derive(Clone)]
pub struct Objects {
    store: Store,
    files: ObjectFiles,
    urls: SignedUrls,
}

/// A row: what is known of an object, and which of its key's files is its.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) head: ObjectHead,
    pub(crate) version: String,
}

pub(crate) const COLUMNS: &str = "version, size, sha256, content_type, metadata, modified_at";

impl Objects {
    /// The objects of `store`, with links below `public_url`.
    pub fn new(store: &Store, public_url: &str) -> Self {
        Objects {
            store: store.clone(),
            files: ObjectFiles::new(store.dir()),
            urls: SignedUrls::new(public_url, store.keys()),
        }
    }

    /// Checks the URLs that this store signed.
    pub fn signed_urls(&self) -> &SignedUrls {
        &self.urls
    }

    pub(crate) fn files(&self) -> &ObjectFiles {
        &self.files
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    async fn find(&self, bucket: Bucket, key: &ObjectKey) -> Result<Option<Found>, PortError> {
        let key = key.clone();
        self.store.read(move |connection| find(connection, bucket, &key)).await
    }

    async fn with_files<T: Send + 'static>(
        &self,
        work: impl FnOnce(&ObjectFiles) -> Result<T, crate::StoreError> + Send + 'static,
    ) -> Result<T, PortError> {
        let files = self.files.clone();
        let task = tokio::task::spawn_blocking(move || work(&files));
        Ok(task.await.map_err(|_| crate::StoreError::NoAnswer("a file operation panicked"))??)
    }

    async fn remove_file(&self, bucket: Bucket, key: &ObjectKey, version: String) -> Result<(), PortError> {
        let key = key.clone();
        self.with_files(move |files| files.remove(bucket, &key, &version)).await
    }
}

impl Found {
    pub(crate) fn read(row: &Row<'_>) -> Result<Result<Self, PortError>, rusqlite::Error> {
        let sha256 = Sha256::new(row.get(2)?);
        let metadata: String = row.get(4)?;
        let (version, size, content_type, modified) = (row.get(0)?, row.get(1)?, row.get(3)?, row.get(5)?);
        Ok(serde_json::from_str(&metadata).map_err(unreadable).map(|metadata| Found {
            head: ObjectHead {
                size,
                etag: etag(&sha256),
                content_type,
                metadata,
                sha256: Some(sha256),
                modified_at: from_ms(modified),
            },
            version,
        }))
    }
}

/// Names a content: the first half of its sha256. (S3's is the MD5; nobody may rely on either.)
fn etag(sha256: &Sha256) -> String {
    hex::encode(&sha256.bytes()[..16])
}

fn find(connection: &Connection, bucket: Bucket, key: &ObjectKey) -> Result<Option<Found>, PortError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM object WHERE bucket = ?1 AND key = ?2"))
        .and_then(|mut select| select.query_row((bucket.as_str(), key.as_str()), Found::read).optional())
        .map_err(sql)?
        .transpose()
}

/// Writes the row and, for an upload, its event: both are there or neither is.
fn insert(turn: &mut Turn<'_>, bucket: Bucket, key: &ObjectKey, found: &Found) -> Result<(), PortError> {
    let head = &found.head;
    let metadata = serde_json::to_string(&head.metadata).map_err(unreadable)?;
    let sha256 = head.sha256.as_ref().map(|sha256| sha256.bytes().to_vec());
    turn.connection
        .prepare_cached("INSERT INTO object VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .and_then(|mut insert| {
            insert.execute((
                bucket.as_str(),
                key.as_str(),
                &found.version,
                head.size,
                sha256,
                &head.content_type,
                metadata,
                turn.now_ms,
            ))
        })
        .map_err(sql)?;
    if bucket == Bucket::Media && key.as_str().starts_with(UPLOADS_PREFIX) {
        let created = ObjectCreated {
            bucket: bucket.as_str().into(),
            key: key.as_str().into(),
            size: head.size,
            etag: head.etag.clone(),
        };
        let event = created.to_event_bridge(&found.version, from_ms(turn.now_ms));
        let group = key.owner().map(|(tenant, _, _)| MessageGroup::live(&tenant));
        send_in(turn, QueueName::UPLOADS, &NewMessage::new(event.to_string(), group))?;
    }
    Ok(())
}

/// The range cut to the size. Errors: it begins behind the end.
fn cut(range: Option<Range<u64>>, size: u64) -> Result<Range<u64>, PortError> {
    match range {
        None => Ok(0..size),
        Some(range) if range.start < size && range.start < range.end => Ok(range.start..range.end.min(size)),
        Some(range) => Err(PortError::denied(format!("the range {range:?} of an object of {size} bytes"))),
    }
}

fn list(
    connection: &Connection,
    bucket: Bucket,
    prefix: &str,
    from: Option<&str>,
    most: usize,
) -> Result<Vec<(ObjectKey, u64)>, PortError> {
    let start = from.filter(|from| *from > prefix).unwrap_or(prefix);
    let mut select = connection
        .prepare_cached("SELECT key, size FROM object WHERE bucket = ?1 AND key >= ?2 ORDER BY key LIMIT ?3")
        .map_err(sql)?;
    let rows = select
        .query_map((bucket.as_str(), start, most), |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
        .map_err(sql)?;
    let mut listed = Vec::new();
    for row in rows {
        let (key, size) = row.map_err(sql)?;
        if !key.starts_with(prefix) {
            break;
        }
        listed.push((ObjectKey::parse(&key).map_err(unreadable)?, size));
    }
    Ok(listed)
}

#[async_trait]
impl ports::Objects for Objects {
    async fn put(&self, bucket: Bucket, key: &ObjectKey, object: NewObject) -> Result<ObjectHead, PortError> {
        object.check_metadata()?;
        if self.find(bucket, key).await?.is_some() {
            return Err(PortError::conflict("the key is taken"));
        }
        let version = Uuid::now_v7().simple().to_string();
        let (bytes, place, name) = (object.bytes.clone(), key.clone(), version.clone());
        let sha256 = self
            .with_files(move |files| {
                files.write(bucket, &place, &name, &bytes)?;
                Ok(Sha256::of(&bytes))
            })
            .await?;
        let head = ObjectHead {
            size: object.bytes.len() as u64,
            etag: etag(&sha256),
            content_type: object.content_type,
            metadata: object.metadata,
            sha256: Some(sha256),
            modified_at: self.store.clock().now(),
        };
        let (found, place) = (Found { head: head.clone(), version: version.clone() }, key.clone());
        let written = self.store.write(move |turn| insert(turn, bucket, &place, &found)).await;
        if let Err(error) = written {
            self.remove_file(bucket, key, version).await?;
            return Err(error);
        }
        Ok(head)
    }

    async fn head(&self, bucket: Bucket, key: &ObjectKey) -> Result<Option<ObjectHead>, PortError> {
        Ok(self.find(bucket, key).await?.map(|found| found.head))
    }

    async fn get(
        &self,
        bucket: Bucket,
        key: &ObjectKey,
        etag: Option<&str>,
        range: Option<Range<u64>>,
    ) -> Result<(ObjectHead, Bytes), PortError> {
        let found = self.find(bucket, key).await?.ok_or_else(|| PortError::not_found("no such object"))?;
        if etag.is_some_and(|etag| etag != found.head.etag) {
            return Err(PortError::conflict("the object has another etag"));
        }
        let range = cut(range, found.head.size)?;
        let (place, version) = (key.clone(), found.version);
        let bytes = self.with_files(move |files| files.read(bucket, &place, &version, range)).await?;
        match bytes {
            Some(bytes) => Ok((found.head, Bytes::from(bytes))),
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
        self.store
            .read(move |connection| {
                let mut objects = list(connection, bucket, &prefix, from.as_deref(), most + 1)?;
                let next = (objects.len() > most).then(|| objects.pop()).flatten().map(|(key, _)| key);
                Ok(Listing { objects, next })
            })
            .await
    }

    async fn delete(&self, bucket: Bucket, key: &ObjectKey) -> Result<(), PortError> {
        let place = key.clone();
        let version: Option<String> = self
            .store
            .write(move |turn| {
                turn.connection
                    .prepare_cached("DELETE FROM object WHERE bucket = ?1 AND key = ?2 RETURNING version")
                    .and_then(|mut delete| {
                        delete.query_row((bucket.as_str(), place.as_str()), |row| row.get(0)).optional()
                    })
                    .map_err(sql)
            })
            .await?;
        match version {
            Some(version) => self.remove_file(bucket, key, version).await,
            None => Ok(()),
        }
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

    async fn sign_put(&self, grant: &PutGrant, ttl: Duration) -> Result<SignedRequest, PortError> {
        Ok(self.urls.sign_put(grant, after(self.store.clock().now(), ttl)))
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
