//! Upload records in DynamoDB: a document with its key and version beside it, and for each content an owner's reservation
//! of it.

use crate::clients::Clients;
use crate::document;
use crate::error::unreadable;
use crate::gallery;
use crate::items::{self, Condition, Item, Items, bytes, item, number, text, text_of};
use crate::tables::Table;
use crate::upload_lists;
use async_trait::async_trait;
use domain::due::DuePlace;
use domain::ports::uploads::{ChangePlace, Changes, Created, GalleryWrite, MAX_RECORD_BYTES};
use domain::ports::{self, Clock, PortError, PortErrorKind};
use domain::{Record, Sha256, Status, TenantId, Timestamp, Tombstone, Upload, UploadId, UserId};
use settings::Resources;
use std::sync::Arc;

/// How often a write that lost to another is decided anew.
const MAX_ROUNDS: usize = 8;

/// The upload records of an installation.
#[derive(Clone)]
pub struct Uploads {
    uploads: Items,
    gallery: Items,
    clock: Arc<dyn Clock>,
}

impl Uploads {
    /// The records in the tables that `resources` names. `clock` tells when a change was written.
    pub fn new(clients: &Clients, resources: &Resources, clock: Arc<dyn Clock>) -> Self {
        Uploads {
            uploads: Items::new(clients, resources, Table::Uploads),
            gallery: Items::new(clients, resources, Table::Gallery),
            clock,
        }
    }

    async fn find(&self, key: Item) -> Result<Option<Record>, PortError> {
        self.uploads.get(key).await?.map(|found| record(&found)).transpose()
    }

    fn item(&self, upload: &Upload) -> Result<Item, PortError> {
        let size = serde_json::to_vec(upload).map_err(unreadable)?.len();
        if size > MAX_RECORD_BYTES {
            return Err(PortError::denied(format!(
                "a record of {size} bytes; the limit is {MAX_RECORD_BYTES}"
            )));
        }
        let mut item = item([
            ("record", bytes(document::write(upload)?)),
            ("version", number(upload.version)),
            // For people who look at the table.
            ("status", text(status_name(upload.status)?)),
            ("attempt", number(upload.attempt)),
        ]);
        item.extend(record_key(&upload.tenant_id, upload.upload_id));
        item.extend(upload_lists::places(upload, self.clock.now()));
        Ok(item)
    }

    /// The upload that holds a reservation and has not freed it by its end.
    async fn holder(&self, tenant: &TenantId, reservation: &Item) -> Result<Option<Upload>, PortError> {
        let id = UploadId::parse(text_of(reservation, "upload")?).map_err(unreadable)?;
        let holder = self.find(record_key(tenant, id)).await?.and_then(Record::live);
        Ok(holder.filter(|holder| !matches!(holder.status, Status::Failed | Status::Expired)))
    }

    /// Writes a new record with the reservation of its content; None where the content is somebody's by now.
    async fn reserve(&self, upload: &Upload, sha256: &Sha256) -> Result<Option<Created>, PortError> {
        let key = reservation_key(upload, sha256);
        let there = self.uploads.get(key.clone()).await?;
        let condition = match &there {
            None => Condition::new("attribute_not_exists(#key)"),
            Some(reservation) => {
                if let Some(holder) = self.holder(&upload.tenant_id, reservation).await? {
                    return match self.find(record_key(&upload.tenant_id, upload.upload_id)).await? {
                        Some(_) => Err(exists()),
                        None => Ok(Some(Created::Duplicate(holder))),
                    };
                }
                Condition::new("upload = :before").with(":before", text(text_of(reservation, "upload")?))
            }
        };
        let mut reservation = key;
        reservation.insert("upload".into(), text(upload.upload_id.to_string()));
        let writes = vec![
            self.uploads.putting(self.item(upload)?, Condition::new("attribute_not_exists(#key)"))?,
            self.uploads.putting(reservation, condition)?,
        ];
        match items::transact(&self.uploads.client, writes).await? {
            Ok(()) => Ok(Some(Created::New(upload.clone()))),
            Err(unmet) if unmet.contains(&0) => Err(exists()),
            Err(_) => Ok(None),
        }
    }

    /// An erasure frees the content first: should it end half-way, it is the record that brings it back to this.
    async fn free(&self, upload: &Upload) -> Result<(), PortError> {
        let Some(sha256) = upload.declared.as_ref().and_then(|declared| declared.sha256) else {
            return Ok(());
        };
        let ours = Condition::new("upload = :id").with(":id", text(upload.upload_id.to_string()));
        match self.uploads.delete(reservation_key(upload, &sha256), Some(ours)).await {
            Err(error) if error.kind != PortErrorKind::Conflict => Err(error),
            _ => Ok(()),
        }
    }

    async fn entomb(&self, tombstone: &Tombstone, before: Option<&Upload>) -> Result<bool, PortError> {
        let mut grave = record_key(&tombstone.tenant_id, tombstone.upload_id);
        grave.insert("erased_at".into(), number(tombstone.erased_at.as_millisecond()));
        let Some(before) = before else {
            return match self.uploads.put(grave, Condition::new("attribute_not_exists(#key)")).await {
                Ok(()) => Ok(true),
                Err(error) if error.kind == PortErrorKind::Conflict => Ok(false),
                Err(error) => Err(error),
            };
        };
        self.free(before).await?;
        let writes = vec![
            self.uploads.putting(grave, is_version(before.version))?,
            self.gallery.deleting(gallery::key_of(before))?,
        ];
        Ok(items::transact(&self.uploads.client, writes).await?.is_ok())
    }
}

fn record_key(tenant: &TenantId, upload: UploadId) -> Item {
    item([("key", text(format!("upload#{tenant}#{upload}")))])
}

fn reservation_key(upload: &Upload, sha256: &Sha256) -> Item {
    let (tenant, user, sha256) = (&upload.tenant_id, &upload.user_id, hex::encode(sha256.bytes()));
    item([("key", text(format!("content#{tenant}#{user}#{sha256}")))])
}

fn is_version(version: u64) -> Condition {
    Condition::new("#version = :known").with(":known", number(version))
}

fn status_name(status: Status) -> Result<String, PortError> {
    let name = serde_json::to_value(status).map_err(unreadable)?;
    name.as_str().map(str::to_owned).ok_or_else(|| unreadable("a status without a name"))
}

fn exists() -> PortError {
    PortError::conflict("the upload exists")
}

/// What lies under a record's key.
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

#[async_trait]
impl ports::Uploads for Uploads {
    async fn create(&self, mut upload: Upload) -> Result<Created, PortError> {
        upload.version = 1;
        let Some(sha256) = upload.declared.as_ref().and_then(|declared| declared.sha256) else {
            let is_new = Condition::new("attribute_not_exists(#key)");
            self.uploads.put(self.item(&upload)?, is_new).await?;
            return Ok(Created::New(upload));
        };
        for _ in 0..MAX_ROUNDS {
            if let Some(created) = self.reserve(&upload, &sha256).await? {
                return Ok(created);
            }
        }
        Err(too_busy())
    }

    async fn get(&self, tenant: &TenantId, upload: UploadId) -> Result<Option<Record>, PortError> {
        self.find(record_key(tenant, upload)).await
    }

    async fn save(&self, mut upload: Upload, gallery: GalleryWrite) -> Result<Upload, PortError> {
        let known = is_version(upload.version);
        upload.version += 1;
        let item = self.item(&upload)?;
        let GalleryWrite::Put(row) = gallery else {
            self.uploads.put(item, known).await?;
            return Ok(upload);
        };
        let writes =
            vec![self.uploads.putting(item, known)?, self.gallery.replacing(gallery::item_of(&row)?)?];
        match items::transact(&self.uploads.client, writes).await? {
            Ok(()) => Ok(upload),
            Err(_) => Err(PortError::conflict("the upload has another version, or was erased")),
        }
    }

    async fn changed(
        &self,
        tenant: &TenantId,
        user: &UserId,
        status: Option<Status>,
        after: Option<ChangePlace>,
        most: usize,
    ) -> Result<Changes, PortError> {
        upload_lists::changed(&self.uploads, (tenant, user), status, after, most, self.clock.now()).await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<DuePlace>,
        most: usize,
    ) -> Result<Vec<Upload>, PortError> {
        upload_lists::due(&self.uploads, now, after, most).await
    }

    async fn erase(&self, tombstone: Tombstone) -> Result<Option<Upload>, PortError> {
        for _ in 0..MAX_ROUNDS {
            let before = match self.get(&tombstone.tenant_id, tombstone.upload_id).await? {
                Some(Record::Erased(_)) => return Ok(None),
                Some(Record::Live(upload)) => Some(*upload),
                None => None,
            };
            if self.entomb(&tombstone, before.as_ref()).await? {
                return Ok(before);
            }
        }
        Err(too_busy())
    }
}

fn too_busy() -> PortError {
    PortError::new(PortErrorKind::Busy, "the record changes faster than it can be written")
}
