//! From photos of one person to templates, and how alike two of them are.

use super::face_engine::EngineError;
use crate::enrolment::{Enrolment, FaceTemplate};
use async_trait::async_trait;
use bytes::Bytes;

/// A photo with one face, made ready for an enrolment.
#[derive(Clone, PartialEq)]
pub struct Portrait {
    /// Bound to the engine and its model.
    pub template: FaceTemplate,
    /// A small upright JPEG without metadata.
    pub photo: Bytes,
}

/// Why a photo is not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The photo shows no face.
    #[error("the photo shows no face")]
    NoFace,
    /// The photo shows more than one face.
    #[error("the photo shows more than one face")]
    MultipleFaces,
    /// The enrolment is of another engine or model, or its photo is missing.
    #[error("the enrolment is of another engine or model; enrol again")]
    OtherTemplate,
    /// The photo cannot be read, or the engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Compares faces. CPU work MUST NOT run on the async thread, and MUST be bounded. Neither a photo nor a template is logged.
#[async_trait]
pub trait FaceVerifier: Send + Sync {
    /// The name of engine and model, for clients.
    fn model(&self) -> &str;

    /// The similarity from which on two faces count as one person's.
    fn threshold(&self) -> f64;

    /// The portrait of a photo of any [`crate::MediaType`] with exactly one face.
    async fn portray(&self, photo: Bytes) -> Result<Portrait, VerifyError>;

    /// How alike the one face of a photo is to an enrolled one: 0 (not at all) to 100 (the same). Without an enrolment it
    /// does the same work and returns 0, so that its time does not tell whether there is one. The same errors come in the
    /// same order with and without, except `OtherTemplate`.
    async fn compare(&self, photo: Bytes, enrolled: Option<&Enrolment>) -> Result<f64, VerifyError>;
}
