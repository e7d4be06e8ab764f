//! From emotions to pictures and melodies.

use crate::affect::Affect;
use crate::stage_result::{Job, MadeBy};
use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The arts of makers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Art {
    Picture,
    Melody,
}

/// An order for one artefact.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// A picture or a melody.
    pub art: Art,
    /// The emotional state to express.
    pub affect: Affect,
    /// The same order with the same seed gives the same bytes from a deterministic maker.
    pub seed: u64,
}

/// One file of an artefact: a picture is one (`image/jpeg`), a melody two (`audio/mpeg`, `audio/midi`).
#[derive(Clone, Debug, PartialEq)]
pub struct ArtFile {
    /// The file's media type.
    pub content_type: &'static str,
    /// The file's bytes, already checked to decode.
    pub bytes: Bytes,
}

/// A finished picture or melody.
#[derive(Clone, Debug, PartialEq)]
pub struct Artefact {
    /// The files; the first is the one that is shown.
    pub files: Vec<ArtFile>,
    /// The provenance of the files.
    pub made_by: MadeBy,
}

/// The progress of an order.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// The artefact is finished.
    Done(Artefact),
    /// An outside service has taken the order; poll the job, not before `after`.
    Pending {
        /// The handle of the service.
        job: Job,
        /// How long to wait before the poll.
        after: Duration,
    },
}

/// Why an order failed.
#[derive(Debug, thiserror::Error)]
pub enum MakerError {
    /// The order itself is wrong, and how.
    #[error("invalid order: {0}")]
    Invalid(String),
    /// The maker's output is not what was ordered.
    #[error("the maker's output is unusable: {0}")]
    BadOutput(String),
    /// The same order may succeed later.
    #[error("the maker failed for now")]
    Transient(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Makes pictures or melodies. CPU work MUST NOT run on the async thread.
#[async_trait]
pub trait Maker: Send + Sync {
    /// Places an order. `key` is for services that know idempotency keys; submit MUST NOT repeat a request without an
    /// answer.
    async fn submit(&self, order: Order, key: &str) -> Result<Progress, MakerError>;

    /// Polls a job that `submit` or `poll` returned.
    async fn poll(&self, job: &Job) -> Result<Progress, MakerError>;
}
