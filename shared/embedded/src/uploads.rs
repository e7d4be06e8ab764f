//! Upload records in SQLite: a JSON document with its key and version beside it.

use crate::clock::{from_ms, to_ms};
use crate::error::{sql, unreadable};
use crate::gallery;
use crate::store::Store;
use crate::upload_lists;
use crate::writer::WriteTxn;
use async_trait::async_trait;
use domain::due::DuePlace;
use domain::ports::uploads::{ChangePlace, Changes, Created, GalleryWrite, MAX_RECORD_BYTES};
use domain::ports::{self, PortError};
use domain::{Record, Sha256, Status, TenantId, Timestamp, Tombstone, Upload, UploadId, UserId};
use rusqlite::{Connection, OptionalExtension};

#[derive(Clone)]
pub struct Uploads {
    store: Store,
}

impl Uploads {
    pub fn new(store: &Store) -> Self {
        Uploads { store: store.clone() }
    }
}

/// Errors: `Denied` over [`MAX_RECORD_BYTES`].
fn document(upload: &Upload) -> Result<String, PortError> {
    let json = serde_json::to_string(upload).map_err(unreadable)?;
    if json.len() > MAX_RECORD_BYTES {
        return Err(PortError::denied(format!(
            "a record of {} bytes; the limit is {MAX_RECORD_BYTES}",
            json.len()
        )));
    }
    Ok(json)
}

fn find(connection: &Connection, tenant: &TenantId, upload: UploadId) -> Result<Option<Record>, PortError> {
    let row: Option<(Option<String>, Option<i64>)> = connection
        .prepare_cached("SELECT record, erased_at FROM upload WHERE tenant_id = ?1 AND upload_id = ?2")
        .and_then(|mut select| {
            select
                .query_row((tenant.as_str(), upload.to_string()), |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()
        })
        .map_err(sql)?;
    match row {
        None => Ok(None),
        Some((Some(record), _)) => {
            serde_json::from_str(&record).map(Record::Live).map(Some).map_err(unreadable)
        }
        Some((None, erased_at)) => Ok(Some(Record::Erased(Tombstone {
            tenant_id: tenant.clone(),
            upload_id: upload,
            erased_at: from_ms(erased_at.unwrap_or(0)),
        }))),
    }
}

/// Numbers the saves of the whole database.
fn next_change(txn: &WriteTxn<'_>) -> Result<i64, PortError> {
    txn.connection
        .prepare_cached("UPDATE change_counter SET latest = latest + 1 RETURNING latest")
        .and_then(|mut count| count.query_row([], |row| row.get(0)))
        .map_err(sql)
}

fn due_ms(upload: &Upload) -> Option<i64> {
    upload.due_at().map(to_ms)
}

/// The upload that holds the reservation of this content, unless its end has freed it.
fn holder(txn: &WriteTxn<'_>, upload: &Upload, sha256: &Sha256) -> Result<Option<Upload>, PortError> {
    let id: Option<String> = txn
        .connection
        .prepare_cached(
            "SELECT upload_id FROM reservation WHERE tenant_id = ?1 AND user_id = ?2 AND sha256 = ?3",
        )
        .and_then(|mut select| {
            let key = (upload.tenant_id.as_str(), upload.user_id.as_str(), sha256.bytes());
            select.query_row(key, |row| row.get(0)).optional()
        })
        .map_err(sql)?;
    let Some(id) = id else { return Ok(None) };
    let id = UploadId::parse(&id).map_err(unreadable)?;
    let holder = find(txn.connection, &upload.tenant_id, id)?.and_then(Record::live);
    Ok(holder.filter(|holder| !matches!(holder.status, Status::Failed | Status::Expired)))
}

fn create(txn: &mut WriteTxn<'_>, mut upload: Upload) -> Result<Created, PortError> {
    if find(txn.connection, &upload.tenant_id, upload.upload_id)?.is_some() {
        return Err(PortError::conflict("the upload exists"));
    }
    if let Some(sha256) = upload.declared.as_ref().and_then(|declared| declared.sha256) {
        if let Some(holder) = holder(txn, &upload, &sha256)? {
            return Ok(Created::Duplicate(holder));
        }
        txn.connection
            .prepare_cached("INSERT OR REPLACE INTO reservation VALUES (?1, ?2, ?3, ?4)")
            .and_then(|mut reserve| {
                let id = upload.upload_id.to_string();
                reserve.execute((upload.tenant_id.as_str(), upload.user_id.as_str(), sha256.bytes(), id))
            })
            .map_err(sql)?;
    }
    upload.version = 1;
    let record = document(&upload)?;
    let change = next_change(txn)?;
    txn.connection
        .prepare_cached(
            "INSERT INTO upload (tenant_id, upload_id, version, record, user_id, change, due_at)
             VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6)",
        )
        .and_then(|mut insert| {
            let (tenant, id) = (upload.tenant_id.as_str(), upload.upload_id.to_string());
            insert.execute((tenant, id, record, upload.user_id.as_str(), change, due_ms(&upload)))
        })
        .map_err(sql)?;
    Ok(Created::New(upload))
}

fn save(txn: &mut WriteTxn<'_>, mut upload: Upload, gallery: &GalleryWrite) -> Result<Upload, PortError> {
    let known = upload.version;
    upload.version += 1;
    let record = document(&upload)?;
    let change = next_change(txn)?;
    let changed = txn
        .connection
        .prepare_cached(
            "UPDATE upload SET version = ?3, record = ?4, change = ?6, due_at = ?7
             WHERE tenant_id = ?1 AND upload_id = ?2 AND version = ?5 AND record IS NOT NULL",
        )
        .and_then(|mut update| {
            let (tenant, id) = (upload.tenant_id.as_str(), upload.upload_id.to_string());
            update.execute((tenant, id, upload.version, record, known, change, due_ms(&upload)))
        })
        .map_err(sql)?;
    if changed == 0 {
        return Err(PortError::conflict("the upload has another version, or was erased"));
    }
    if let GalleryWrite::Put(row) = gallery {
        gallery::put_in(txn, row)?;
    }
    Ok(upload)
}

fn erase(txn: &mut WriteTxn<'_>, tombstone: &Tombstone) -> Result<Option<Upload>, PortError> {
    let before = match find(txn.connection, &tombstone.tenant_id, tombstone.upload_id)? {
        Some(Record::Erased(_)) => return Ok(None),
        Some(Record::Live(upload)) => Some(*upload),
        None => None,
    };
    let (tenant, id) = (tombstone.tenant_id.as_str(), tombstone.upload_id.to_string());
    txn.connection
        .prepare_cached(
            "INSERT OR REPLACE INTO upload (tenant_id, upload_id, version, erased_at) VALUES (?1, ?2, 0, ?3)",
        )
        .and_then(|mut replace| replace.execute((tenant, &id, to_ms(tombstone.erased_at))))
        .map_err(sql)?;
    if let Some(upload) = &before {
        gallery::remove_in(txn, upload)?;
        txn.connection
            .prepare_cached(
                "DELETE FROM reservation WHERE tenant_id = ?1 AND user_id = ?2 AND upload_id = ?3",
            )
            .and_then(|mut delete| delete.execute((tenant, upload.user_id.as_str(), &id)))
            .map_err(sql)?;
    }
    Ok(before)
}

#[async_trait]
impl ports::Uploads for Uploads {
    async fn create(&self, upload: Upload) -> Result<Created, PortError> {
        self.store.write(move |txn| create(txn, upload)).await
    }

    async fn get(&self, tenant: &TenantId, upload: UploadId) -> Result<Option<Record>, PortError> {
        let tenant = tenant.clone();
        self.store.read(move |connection| find(connection, &tenant, upload)).await
    }

    async fn save(&self, upload: Upload, gallery: GalleryWrite) -> Result<Upload, PortError> {
        self.store.write(move |txn| save(txn, upload, &gallery)).await
    }

    async fn changed(
        &self,
        tenant: &TenantId,
        user: &UserId,
        status: Option<Status>,
        after: Option<ChangePlace>,
        most: usize,
    ) -> Result<Changes, PortError> {
        let (tenant, user) = (tenant.clone(), user.clone());
        let after = after.unwrap_or(ChangePlace(0));
        self.store
            .read(move |connection| upload_lists::changed(connection, (&tenant, &user), status, after, most))
            .await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<DuePlace>,
        most: usize,
    ) -> Result<Vec<Upload>, PortError> {
        self.store.read(move |connection| upload_lists::due(connection, now, after.as_ref(), most)).await
    }

    async fn erase(&self, tombstone: Tombstone) -> Result<Option<Upload>, PortError> {
        self.store.write(move |txn| erase(txn, &tombstone)).await
    }

    async fn scrub(&self) -> Result<(), PortError> {
        self.store.truncate_log().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Options;
    use domain::fixture;
    use domain::ports::Uploads as _;
    use std::path::Path;

    fn files_with(root: &Path, text: &str) -> Vec<String> {
        let entries = std::fs::read_dir(root).unwrap().flatten().map(|entry| entry.path());
        let files = entries.filter(|path| path.is_file()).filter(|path| {
            let bytes = std::fs::read(path).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        });
        files.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }

    /// In the pages of the database and in its log.
    #[tokio::test]
    async fn nothing_of_an_erased_record_is_left_on_the_disk() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path(), Options::default()).unwrap();
        let uploads = Uploads::new(&store);
        let secret = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let mut erased = Vec::new();
        for number in 0..50 {
            let upload =
                Upload { traceparent: Some(secret.into()), ..fixture::awaiting_of(number, &[number as u8]) };
            let Created::New(upload) = uploads.create(upload).await.unwrap() else { panic!("a duplicate") };
            let upload = uploads.save(upload, GalleryWrite::Keep).await.unwrap();
            erased.push(Tombstone {
                tenant_id: upload.tenant_id,
                upload_id: upload.upload_id,
                erased_at: fixture::now(),
            });
        }
        assert_eq!(files_with(root.path(), secret), ["semblante.db-wal"]);
        uploads.scrub().await.unwrap();
        assert_eq!(files_with(root.path(), secret), ["semblante.db"]);
        for tombstone in erased {
            uploads.erase(tombstone).await.unwrap();
        }
        uploads.scrub().await.unwrap();
        assert_eq!(files_with(root.path(), secret), Vec::<String>::new());
    }
}
