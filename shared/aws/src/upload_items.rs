//! Items of uploads: a record, its tombstone, and an owner's reservation of a content.

use crate::document;
use crate::error::unreadable;
use crate::items::{self, Condition, Item, bytes, item, number, text, text_of};
use domain::ports::PortError;
use domain::ports::uploads::MAX_RECORD_BYTES;
use domain::{Record, Sha256, Status, TenantId, Timestamp, Tombstone, Upload, UploadId};

pub(crate) fn record_key(tenant: &TenantId, upload: UploadId) -> Item {
    item([("key", text(format!("upload#{tenant}#{upload}")))])
}

pub(crate) fn reservation_key(upload: &Upload, sha256: &Sha256) -> Item {
    let (tenant, user, sha256) = (&upload.tenant_id, &upload.user_id, hex::encode(sha256.bytes()));
    item([("key", text(format!("content#{tenant}#{user}#{sha256}")))])
}

pub(crate) fn reservation(upload: &Upload, sha256: &Sha256) -> Item {
    let mut reservation = reservation_key(upload, sha256);
    reservation.insert("upload".into(), text(upload.upload_id.to_string()));
    reservation
}

pub(crate) fn tombstone_item(tombstone: &Tombstone) -> Item {
    let mut item = record_key(&tombstone.tenant_id, tombstone.upload_id);
    item.insert("erased_at".into(), number(tombstone.erased_at.as_millisecond()));
    item
}

/// Errors: `Denied`, over [`MAX_RECORD_BYTES`].
pub(crate) fn record_item(upload: &Upload) -> Result<Item, PortError> {
    let size = serde_json::to_vec(upload).map_err(unreadable)?.len();
    if size > MAX_RECORD_BYTES {
        return Err(PortError::denied(format!("a record of {size} bytes; the limit is {MAX_RECORD_BYTES}")));
    }
    let mut item = record_key(&upload.tenant_id, upload.upload_id);
    item.insert("record".into(), bytes(document::write(upload)?));
    item.insert("version".into(), number(upload.version));
    // For people who read the table.
    item.insert("status".into(), text(status_name(upload.status)?));
    item.insert("attempt".into(), number(upload.attempt));
    Ok(item)
}

/// Reads what [`record_item`] or [`tombstone_item`] wrote.
pub(crate) fn record(found: &Item) -> Result<Record, PortError> {
    if let Ok(erased_ms) = items::number_of(found, "erased_at") {
        let key = text_of(found, "key")?;
        let ids = key.strip_prefix("upload#").and_then(|ids| ids.split_once('#'));
        let (tenant, upload) = ids.ok_or_else(|| unreadable("a tombstone without ids"))?;
        return Ok(Record::Erased(Tombstone {
            tenant_id: TenantId::parse(tenant).map_err(unreadable)?,
            upload_id: UploadId::parse(upload).map_err(unreadable)?,
            erased_at: Timestamp::from_millisecond(erased_ms).map_err(unreadable)?,
        }));
    }
    document::read(items::bytes_of(found, "record")?).map(Record::Live)
}

pub(crate) fn is_version(version: u64) -> Condition {
    Condition::new("#version = :known").with(":known", number(version))
}

fn status_name(status: Status) -> Result<String, PortError> {
    let name = serde_json::to_value(status).map_err(unreadable)?;
    name.as_str().map(str::to_owned).ok_or_else(|| unreadable("a status without a name"))
}
