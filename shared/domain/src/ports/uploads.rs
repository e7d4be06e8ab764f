//! Upload records.

use super::error::PortError;
use crate::due::DuePlace;
use crate::gallery_row::GalleryRow;
use crate::record::{Record, Tombstone};
use crate::status::Status;
use crate::tenant_id::TenantId;
use crate::upload::Upload;
use crate::upload_id::UploadId;
use crate::user_id::UserId;
use async_trait::async_trait;
use jiff::Timestamp;

/// The most bytes a record may have as JSON.
pub const MAX_RECORD_BYTES: usize = 4096;

/// The most uploads of one page of [`Uploads::changed`] and [`Uploads::due`].
pub const MAX_UPLOADS: usize = 100;

/// A place in an owner's changes. It grows; what it counts is the backend's own matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangePlace(pub u64);

/// Some of an owner's uploads, least recently changed first.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// As they are now. With a filter there may be fewer than asked for, even none, and still more to come.
    pub uploads: Vec<Upload>,
    /// Where to go on, now or later: what changes from now on comes after it.
    pub next: ChangePlace,
    /// Whether there are more already.
    pub more: bool,
}

/// What became of a new record.
#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    /// It is written; as saved.
    New(Upload),
    /// Its owner has this content already, under this upload; nothing was written.
    Duplicate(Upload),
}

/// What a save does to the upload's gallery row, in the same transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum GalleryWrite {
    /// Leaves it.
    Keep,
    /// Writes it in place of the one that is there, if any.
    Put(Box<GalleryRow>),
}

/// Upload records with optimistic concurrency. Reads are consistent. Nothing here scans.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Writes a new record and, where its content is declared, reserves (owner, sha256) in the same transaction. A
    /// reservation is held by an upload that is awaited, stored, running or ended well; one that failed, expired or was
    /// erased frees it. `Conflict`: a record or tombstone with this id exists. `Denied`: over [`MAX_RECORD_BYTES`].
    async fn create(&self, upload: Upload) -> Result<Created, PortError>;

    /// The record or its tombstone; None where the tenant has none with this id, whatever other tenants have.
    async fn get(&self, tenant: &TenantId, upload: UploadId) -> Result<Option<Record>, PortError>;

    /// Writes a changed record if the stored one still has its version; returns it with the next version. `Conflict`:
    /// it has another one, or is erased. `Denied`: over [`MAX_RECORD_BYTES`].
    async fn save(&self, upload: Upload, gallery: GalleryWrite) -> Result<Upload, PortError>;

    /// An owner's uploads that changed after `after` (None: all), at most `most` (1 to [`MAX_UPLOADS`]), of one status
    /// or of any. Every change of a status is told; another save MAY be. A change MAY be told more than once, and late
    /// by some seconds, but never left out. Erased ones are not told.
    async fn changed(
        &self,
        tenant: &TenantId,
        user: &UserId,
        status: Option<Status>,
        after: Option<ChangePlace>,
        most: usize,
    ) -> Result<Changes, PortError>;

    /// Uploads of all tenants that somebody must look after by `now` ([`Upload::due_at`]), after `after`, earliest
    /// first, at most `most` (1 to [`MAX_UPLOADS`]). It MAY be late by some seconds.
    async fn due(
        &self,
        now: Timestamp,
        after: Option<DuePlace>,
        most: usize,
    ) -> Result<Vec<Upload>, PortError>;

    /// Puts a tombstone in the record's place and removes its gallery row, in one transaction; returns the upload as
    /// it was, None where it was erased already. Without a record the tombstone is written all the same, so that a
    /// late object finds it.
    async fn erase(&self, tombstone: Tombstone) -> Result<Option<Upload>, PortError>;

    /// Makes sure that nothing of the rows of any kind that were deleted before is left in the store's files. A store whose
    /// files are not ours has nothing to do.
    async fn scrub(&self) -> Result<(), PortError> {
        Ok(())
    }
}
