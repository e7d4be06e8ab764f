//! Upload records.

use super::error::PortError;
use crate::due::DuePlace;
use crate::gallery_row::GalleryRow;
use crate::owner::{TenantId, UserId};
use crate::record::{Record, Tombstone};
use crate::status::Status;
use crate::upload::{Replace, Upload};
use crate::upload_id::UploadId;
use async_trait::async_trait;
use jiff::Timestamp;

/// The most bytes a record may have as JSON.
pub const MAX_RECORD_BYTES: usize = 4096;

/// The most uploads of one page of [`Uploads::changed`] and [`Uploads::due`].
pub const MAX_UPLOADS: usize = 100;

/// A place in an owner's changes. It grows; its unit is the backend's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangePlace(pub u64);

/// Some of an owner's uploads, least recently changed first.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// The uploads as they are now. With a filter there may be fewer than `most`, even none, and still more to come.
    pub uploads: Vec<Upload>,
    /// The place to continue from, now or later: every later change comes after it.
    pub next: ChangePlace,
    /// Whether more changes exist already.
    pub more: bool,
}

/// The result of creating a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    /// The record as written.
    New(Upload),
    /// The owner has this content already, under this upload; nothing was written.
    Duplicate(Upload),
}

/// The effect of a save on the upload's gallery row, in the same transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum GalleryWrite {
    /// The row stays as it is.
    Keep,
    /// This row replaces the present one, if any.
    Put(Box<GalleryRow>),
}

impl GalleryWrite {
    /// The write that goes with the closing of `upload`'s attempt; `shown` is the row that the gallery shows now. A first
    /// row is always written, a later one if it is at least as good or the attempt's order says so.
    pub fn closing(upload: &Upload, shown: Option<&GalleryRow>) -> Self {
        let Some(end) = upload.end().filter(|_| upload.kind.in_gallery()) else { return GalleryWrite::Keep };
        let row = GalleryRow::of(upload, end);
        match row.replaces(shown, upload.replace == Replace::Always) {
            true => GalleryWrite::Put(Box::new(row)),
            false => GalleryWrite::Keep,
        }
    }
}

/// Upload records with optimistic concurrency. Reads are consistent. Nothing here scans.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Writes a new record and, if its content is declared, reserves (owner, sha256) in the same transaction. A
    /// reservation is held by an upload that is awaited, stored, running or ended well; one that failed, expired or was
    /// erased frees it. `Conflict`: a record or tombstone with this id exists. `Denied`: over [`MAX_RECORD_BYTES`].
    async fn create(&self, upload: Upload) -> Result<Created, PortError>;

    /// The record or its tombstone; None if the tenant has neither with this id, whatever other tenants have.
    async fn get(&self, tenant: &TenantId, upload: UploadId) -> Result<Option<Record>, PortError>;

    /// Writes a changed record if the stored one still has its version; returns it with the next version. `Conflict`:
    /// it has another one, or is erased. `Denied`: over [`MAX_RECORD_BYTES`].
    async fn save(&self, upload: Upload, gallery: GalleryWrite) -> Result<Upload, PortError>;

    /// An owner's uploads that changed after `after` (None: all), at most `most` (1 to [`MAX_UPLOADS`]), of one status
    /// or of any. Every change of a status is listed; another save MAY be. A change MAY be listed more than once, and
    /// late by some seconds, but never left out. Erased uploads are not listed.
    async fn changed(
        &self,
        tenant: &TenantId,
        user: &UserId,
        status: Option<Status>,
        after: Option<ChangePlace>,
        most: usize,
    ) -> Result<Changes, PortError>;

    /// Uploads of all tenants that are due for maintenance at `now` ([`Upload::due_at`]), after `after`, earliest
    /// first, at most `most` (1 to [`MAX_UPLOADS`]). It MAY be late by some seconds.
    async fn due(
        &self,
        now: Timestamp,
        after: Option<DuePlace>,
        most: usize,
    ) -> Result<Vec<Upload>, PortError>;

    /// Puts a tombstone in the record's place and removes its gallery row, in one transaction; returns the upload as
    /// it was, None if it was erased already. Without a record the tombstone is written all the same, so that a
    /// late object finds it.
    async fn erase(&self, tombstone: Tombstone) -> Result<Option<Upload>, PortError>;

    /// Makes sure that nothing of the rows of any kind that were deleted before is left in the store's files. A store whose
    /// files are not ours has nothing to do.
    async fn scrub(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::outcome::Outcome;
    use crate::stage_result::StageResult;
    use crate::status::EndState;
    use crate::upload::Kind;

    /// The write of an attempt that is closed as failed.
    fn closing(mut upload: Upload, shown: Option<&GalleryRow>) -> GalleryWrite {
        let result = StageResult::without_work(Outcome::Succeeded, upload.attempt, fixture::later(3));
        assert_eq!(upload.close(result), Ok(EndState::Failed));
        GalleryWrite::closing(&upload, shown)
    }

    #[test]
    fn a_worse_result_leaves_the_shown_one_unless_ordered_otherwise() {
        let shown = GalleryRow::of(&fixture::closed(EndState::Complete), EndState::Complete);
        assert_eq!(closing(fixture::stored(), Some(&shown)), GalleryWrite::Keep);
        let ordered = Upload { replace: Replace::Always, ..fixture::stored() };
        assert!(matches!(closing(ordered, Some(&shown)), GalleryWrite::Put(_)));
        assert!(matches!(closing(fixture::stored(), None), GalleryWrite::Put(_)));
    }

    #[test]
    fn faces_alone_and_open_attempts_are_not_in_the_gallery() {
        let faces = Upload { kind: Kind::Faces, ..fixture::stored() };
        assert_eq!(closing(faces, None), GalleryWrite::Keep);
        assert_eq!(GalleryWrite::closing(&fixture::stored(), None), GalleryWrite::Keep);
    }
}
