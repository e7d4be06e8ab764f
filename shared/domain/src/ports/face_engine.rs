//! Photos to faces and feelings.

use crate::face::Face;
use crate::made_by::MadeBy;
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;

/// What an engine saw in one photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// Pixels across the upright picture.
    pub width: u32,
    /// Pixels down the upright picture.
    pub height: u32,
    /// The faces, most confident first; none is an outcome, not an error.
    pub faces: Vec<Face>,
    /// The engine and the digest of its models.
    pub made_by: MadeBy,
    /// A small JPEG for pages: upright, long side at most 1280 pixels, without metadata. It comes from here because
    /// here the pixels are.
    pub preview: Bytes,
}

/// Why an engine saw nothing at all.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The photo is at fault and always will be: a stable code (`undecodable_image`) and a sentence for its owner.
    #[error("{code}: {detail}")]
    Refused {
        /// Stable code, shown to users.
        code: &'static str,
        /// What is wrong with the photo.
        detail: String,
    },
    /// The engine asks for patience: throttled, or down.
    #[error("the face engine is busy")]
    Busy {
        /// How long to leave it alone.
        after: Duration,
    },
    /// The engine failed; the same photo may succeed later.
    #[error("the face engine failed")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Finds faces and their emotions. One call per photo: implementations MUST NOT ask a paid service twice.
#[async_trait]
pub trait FaceEngine: Send + Sync {
    /// Detects the faces of an encoded photo of any [`crate::MediaType`], upright by its orientation. CPU work MUST NOT
    /// run on the async thread. Equal bytes MUST give an equal detection.
    async fn detect(&self, photo: Bytes) -> Result<Detection, EngineError>;
}
