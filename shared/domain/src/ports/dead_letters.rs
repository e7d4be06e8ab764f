//! Dead letters as rows, the same on every backend.

use super::error::PortError;
use crate::dead_letter::DeadLetter;
use crate::owner::TenantId;
use crate::upload_id::UploadId;
use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

/// A row's place in a listing: (first_seen, id), descending.
pub type DeadLetterPlace = (Timestamp, Uuid);

/// Rows of dead letters.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Writes a row; an existing one with the same id is left as it is, so a repeat does no harm.
    async fn put(&self, letter: DeadLetter) -> Result<(), PortError>;

    /// Rows after `after`, newest first, at most `most` (1 to 100): of one tenant, or of all.
    async fn list(
        &self,
        tenant: Option<&TenantId>,
        after: Option<DeadLetterPlace>,
        most: usize,
    ) -> Result<Vec<DeadLetter>, PortError>;

    /// One row; None if it does not exist.
    async fn get(&self, id: Uuid) -> Result<Option<DeadLetter>, PortError>;

    /// Deletes a row that was redriven or dismissed. A missing row is no error.
    async fn delete(&self, id: Uuid) -> Result<(), PortError>;

    /// Deletes the rows of an upload, for its erasure.
    async fn delete_of(&self, tenant: &TenantId, upload: UploadId) -> Result<(), PortError>;
}
