//! The record under an upload's id: the upload, or the tombstone that an erasure leaves.

use crate::object_key::ObjectKey;
use crate::owner::TenantId;
use crate::upload::Upload;
use crate::upload_id::UploadId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Passes that every erasure makes. With [`crate::ports::queue::MAX_DELAY`] between them the last is more than an hour
/// after the first: longer than any stage works and any presigned URL lives.
pub const MIN_PASSES: u32 = 6;
/// Passes after which an erasure gives up on finding nothing.
pub const MAX_PASSES: u32 = 100;

/// The result of a read by id.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    Live(Box<Upload>),
    Erased(Tombstone),
}

/// All that outlives an erasure, for ever: ids and a date, so that nothing erased comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    pub tenant_id: TenantId,
    pub upload_id: UploadId,
    pub erased_at: Timestamp,
}

/// A message on queue `uploads` that erases an upload. It carries everything that a pass needs, because after the first
/// one the record is gone. It is sent before anything is erased, and again until a late pass finds nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erase {
    pub tenant_id: TenantId,
    pub upload_id: UploadId,
    /// The key of the photo.
    pub source: ObjectKey,
    /// The upload's attempt at the time of the order.
    pub last_attempt: u32,
    pub asked_at: Timestamp,
    /// The number of the pass, from 1.
    pub pass: u32,
}

impl Record {
    /// The upload, unless it was erased.
    pub fn live(self) -> Option<Upload> {
        match self {
            Record::Live(upload) => Some(*upload),
            Record::Erased(_) => None,
        }
    }
}

impl Erase {
    /// The first pass over an upload.
    pub fn of(upload: &Upload, now: Timestamp) -> Self {
        let declared = || ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
        Erase {
            tenant_id: upload.tenant_id.clone(),
            upload_id: upload.upload_id,
            source: upload.object.as_ref().map_or_else(declared, |object| object.key.clone()),
            last_attempt: upload.attempt,
            asked_at: now,
            pass: 1,
        }
    }

    pub fn tombstone(&self) -> Tombstone {
        Tombstone { tenant_id: self.tenant_id.clone(), upload_id: self.upload_id, erased_at: self.asked_at }
    }

    /// The pass after one that found `found` objects; None if that was the last.
    pub fn next(&self, found: u64) -> Option<Self> {
        let again = self.pass < MIN_PASSES || (found > 0 && self.pass < MAX_PASSES);
        again.then(|| Erase { pass: self.pass + 1, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn passes_go_on_until_a_late_one_finds_nothing() {
        let first = Erase::of(&fixture::stored(), fixture::now());
        let fifth = Erase { pass: MIN_PASSES - 1, ..first.clone() };
        let sixth = Erase { pass: MIN_PASSES, ..first.clone() };
        assert_eq!(first.next(0).map(|next| next.pass), Some(2));
        assert!(fifth.next(0).is_some());
        assert_eq!(sixth.next(0), None);
        assert!(sixth.next(1).is_some());
        assert_eq!(Erase { pass: MAX_PASSES, ..first }.next(1), None);
    }
}
