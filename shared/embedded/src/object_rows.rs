//! Rows of objects. An object exists exactly when its row does.

use crate::clock::from_ms;
use crate::error::{sql, unreadable};
use crate::queue::send_in;
use crate::writer::WriteTxn;
use domain::object_event::ObjectCreated;
use domain::object_key::UPLOADS_PREFIX;
use domain::ports::PortError;
use domain::ports::objects::{Listing, ObjectHead};
use domain::ports::queue::{MessageGroup, NewMessage};
use domain::{Bucket, ObjectKey, QueueName, Sha256, UploadId};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::BTreeSet;

/// What a row says: an object's head, and which file of its key holds the content.
#[derive(Clone)]
pub(crate) struct ObjectRow {
    pub(crate) head: ObjectHead,
    pub(crate) version: String,
}

impl ObjectRow {
    fn read(row: &Row<'_>) -> Result<Result<Self, PortError>, rusqlite::Error> {
        let sha256 = Sha256::new(row.get(2)?);
        let metadata: String = row.get(4)?;
        let (version, size, content_type, modified) = (row.get(0)?, row.get(1)?, row.get(3)?, row.get(5)?);
        Ok(serde_json::from_str(&metadata).map_err(unreadable).map(|metadata| ObjectRow {
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

/// The first half of the content's sha256. S3's ETag is something else; callers MUST NOT rely on either.
pub(crate) fn etag(sha256: &Sha256) -> String {
    hex::encode(&sha256.bytes()[..16])
}

pub(crate) fn find(
    connection: &Connection,
    bucket: Bucket,
    key: &ObjectKey,
) -> Result<Option<ObjectRow>, PortError> {
    let query = "SELECT version, size, sha256, content_type, metadata, modified_at FROM object
         WHERE bucket = ?1 AND key = ?2";
    connection
        .prepare_cached(query)
        .and_then(|mut select| select.query_row((bucket.as_str(), key.as_str()), ObjectRow::read).optional())
        .map_err(sql)?
        .transpose()
}

/// Writes the row and, for an upload, its event: both are committed or neither is. `NotFound`: the upload was erased.
pub(crate) fn insert(
    txn: &mut WriteTxn<'_>,
    bucket: Bucket,
    key: &ObjectKey,
    object: &ObjectRow,
) -> Result<(), PortError> {
    if bucket == Bucket::Media && is_of_an_erased_upload(txn.connection, key)? {
        return Err(PortError::not_found("the upload was erased"));
    }
    let head = &object.head;
    let metadata = serde_json::to_string(&head.metadata).map_err(unreadable)?;
    let sha256 = head.sha256.as_ref().map(|sha256| sha256.bytes().to_vec());
    txn.connection
        .prepare_cached("INSERT INTO object VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .and_then(|mut insert| {
            insert.execute((
                bucket.as_str(),
                key.as_str(),
                &object.version,
                head.size,
                sha256,
                &head.content_type,
                metadata,
                txn.now_ms,
            ))
        })
        .map_err(sql)?;
    match bucket == Bucket::Media && key.as_str().starts_with(UPLOADS_PREFIX) {
        true => send_event(txn, bucket, key, object),
        false => Ok(()),
    }
}

fn is_of_an_erased_upload(connection: &Connection, key: &ObjectKey) -> Result<bool, PortError> {
    let Some((tenant, _, name)) = key.owner() else { return Ok(false) };
    let Ok(upload) = UploadId::parse(name) else { return Ok(false) };
    connection
        .prepare_cached(
            "SELECT 1 FROM upload WHERE tenant_id = ?1 AND upload_id = ?2 AND erased_at IS NOT NULL",
        )
        .and_then(|mut select| select.exists((tenant.as_str(), upload.to_string())))
        .map_err(sql)
}

fn send_event(
    txn: &mut WriteTxn<'_>,
    bucket: Bucket,
    key: &ObjectKey,
    object: &ObjectRow,
) -> Result<(), PortError> {
    let created = ObjectCreated {
        bucket: bucket.as_str().into(),
        key: key.as_str().into(),
        size: object.head.size,
        etag: object.head.etag.clone(),
    };
    let event = created.to_event_bridge(&object.version, from_ms(txn.now_ms));
    let group = key.owner().map(|(tenant, user, _)| MessageGroup::live(&tenant, &user));
    send_in(txn, QueueName::UPLOADS, &NewMessage::new(event.to_string(), group))
}

/// Deletes a row; returns the version of the file that it leaves behind.
pub(crate) fn delete(
    txn: &WriteTxn<'_>,
    bucket: Bucket,
    key: &ObjectKey,
) -> Result<Option<String>, PortError> {
    txn.connection
        .prepare_cached("DELETE FROM object WHERE bucket = ?1 AND key = ?2 RETURNING version")
        .and_then(|mut delete| delete.query_row((bucket.as_str(), key.as_str()), |row| row.get(0)).optional())
        .map_err(sql)
}

/// At most `most` objects whose keys begin with `prefix`, from `from` on.
pub(crate) fn list(
    connection: &Connection,
    bucket: Bucket,
    prefix: &str,
    from: Option<&str>,
    most: usize,
) -> Result<Listing, PortError> {
    let start = from.filter(|from| *from > prefix).unwrap_or(prefix);
    let mut select = connection
        .prepare_cached("SELECT key, size FROM object WHERE bucket = ?1 AND key >= ?2 ORDER BY key LIMIT ?3")
        .map_err(sql)?;
    let rows = select
        .query_map((bucket.as_str(), start, most + 1), |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
        .map_err(sql)?;
    let mut listing = Listing::default();
    for row in rows {
        let (key, size) = row.map_err(sql)?;
        if !key.starts_with(prefix) {
            break;
        }
        let key = ObjectKey::parse(&key).map_err(unreadable)?;
        if listing.objects.len() == most {
            listing.next = Some(key);
            break;
        }
        listing.objects.push((key, size));
    }
    Ok(listing)
}

/// The versions among these that no row has.
pub(crate) fn unknown_versions(
    connection: &Connection,
    versions: Vec<String>,
) -> Result<BTreeSet<String>, PortError> {
    let mut select = connection.prepare_cached("SELECT 1 FROM object WHERE version = ?1").map_err(sql)?;
    let mut unknown = BTreeSet::new();
    for version in versions {
        if !select.exists([&version]).map_err(sql)? {
            unknown.insert(version);
        }
    }
    Ok(unknown)
}

/// An object and the version of its file.
pub(crate) type Placed = (Bucket, ObjectKey, String);

/// Objects of all buckets in order, after bucket and key `after`.
pub(crate) fn list_versions(
    connection: &Connection,
    after: (&str, &str),
    most: usize,
) -> Result<Vec<Placed>, PortError> {
    let query = "SELECT bucket, key, version FROM object WHERE (bucket, key) > (?1, ?2)
         ORDER BY bucket, key LIMIT ?3";
    let rows: Vec<(String, String, String)> = connection
        .prepare_cached(query)
        .and_then(|mut select| {
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            select.query_map((after.0, after.1, most), read)?.collect()
        })
        .map_err(sql)?;
    let placed = |(bucket, key, version): (String, String, String)| {
        let bucket = Bucket::parse(&bucket).ok_or_else(|| unreadable("an unknown bucket"))?;
        Ok((bucket, ObjectKey::parse(&key).map_err(unreadable)?, version))
    };
    rows.into_iter().map(placed).collect()
}
