//! The similarity of the faces of two photos.

use super::face_engine::EngineError;
use crate::stage_result::MadeBy;
use async_trait::async_trait;
use bytes::Bytes;

/// How alike the faces of two photos are.
#[derive(Clone, Debug, PartialEq)]
pub struct Likeness {
    /// 0..100, on a scale of the engine's own.
    pub similarity: f64,
    /// The similarity from which on the engine takes them for one person.
    pub threshold: f64,
    /// The engine and the digest of its models.
    pub made_by: MadeBy,
}

impl Likeness {
    /// Whether the engine takes them for one person.
    pub fn is_one_person(&self) -> bool {
        self.similarity >= self.threshold
    }
}

/// Compares faces. One call per pair: implementations MUST NOT ask a paid service twice.
#[async_trait]
pub trait FaceVerifier: Send + Sync {
    /// Compares the face of `known` with the face of `probe`: encoded photos (JPEG, PNG or WebP), upright by their EXIF
    /// orientation. CPU work MUST NOT run on the async thread.
    ///
    /// Errors: as of a face engine's. `Refused` also with `no_face`, where either shows none, and `multiple_faces`, where
    /// `probe` shows more than one. What `known` shows was looked at when it became known; of several, the most prominent counts.
    async fn compare(&self, known: Bytes, probe: Bytes) -> Result<Likeness, EngineError>;
}
