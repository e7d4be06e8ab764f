//! What is kept under an upload's id: the upload, or the fact that it was erased.

use crate::tenant_id::TenantId;
use crate::upload::Upload;
use crate::upload_id::UploadId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// All that outlives an erasure, for ever: ids and a date, so that nothing erased comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// Whose it was.
    pub tenant_id: TenantId,
    /// Which it was.
    pub upload_id: UploadId,
    /// When it went.
    pub erased_at: Timestamp,
}

/// What a read by id finds.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// An upload.
    Live(Box<Upload>),
    /// Its tombstone.
    Erased(Tombstone),
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
