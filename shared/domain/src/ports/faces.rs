//! Face rows: `face_id = {upload_id}.{attempt}.{n}`, n from 0.

use super::error::PortError;
use crate::face::Face;
use crate::upload_id::UploadId;
use async_trait::async_trait;

/// The faces of each attempt that looked for them. Written before the record names the attempt; read by computed keys.
#[async_trait]
pub trait Faces: Send + Sync {
    /// Writes the faces of an attempt, at most [`crate::face::MAX_FACES`], in place of those there. `Denied`: too
    /// many.
    async fn put(&self, upload: UploadId, attempt: u32, faces: &[Face]) -> Result<(), PortError>;

    /// The first `count` faces of an attempt; missing ones are left out.
    async fn get(&self, upload: UploadId, attempt: u32, count: u32) -> Result<Vec<Face>, PortError>;

    /// Deletes the faces of the attempts 1 to `last_attempt`.
    async fn delete(&self, upload: UploadId, last_attempt: u32) -> Result<(), PortError>;
}
