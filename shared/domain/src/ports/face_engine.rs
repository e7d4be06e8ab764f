//! From photos to faces and emotions.

use crate::face::Face;
use crate::stage_result::MadeBy;
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;

/// The faces of one photo.
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
    /// A small JPEG for pages: upright, long side at most 1280 pixels, without metadata. The engine makes it because it has
    /// the pixels.
    pub preview: Bytes,
}

/// Why a photo has no detection.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The photo is at fault, permanently.
    #[error("{code}: {detail}")]
    Refused {
        /// A stable code (`undecodable_image`), shown to users.
        code: &'static str,
        /// A sentence for the photo's owner.
        detail: String,
    },
    /// The engine is throttled or down.
    #[error("the face engine is busy")]
    Busy {
        /// How long to wait before the next request.
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
    /// run on the async thread. The same bytes MUST give the same detection.
    async fn detect(&self, photo: Bytes) -> Result<Detection, EngineError>;
}
