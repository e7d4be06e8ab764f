//! The port `FaceVerifier`, embedded: the distance of two descriptors.

use crate::analyse::{Analyser, Options};
use crate::compare::{Descriptor, SIMILARITY_THRESHOLD, compare};
use crate::decode::decode;
use crate::face_engine::{made_by, refused};
use async_trait::async_trait;
use bytes::Bytes;
use domain::ports::face_engine::EngineError;
use domain::ports::face_verifier::{self, Likeness};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Compares faces with the embedded networks, as many pairs at a time as there are permits.
#[derive(Clone, Debug)]
pub struct FaceVerifier {
    analyser: Arc<Analyser>,
    permits: Arc<Semaphore>,
}

impl FaceVerifier {
    /// A verifier that takes a permit for each pair; a permit stands for one core and about 100 MB.
    pub fn new(analyser: Arc<Analyser>, permits: Arc<Semaphore>) -> Self {
        FaceVerifier { analyser, permits }
    }

    /// Descriptors of the faces in a photo, most confident first; at least one.
    fn descriptors(&self, photo: &[u8]) -> Result<Vec<Descriptor>, EngineError> {
        let picture = decode(photo).map_err(refused)?;
        let seen = self.analyser.analyse(&picture, Options { tiles: false, descriptors: true });
        let descriptors: Vec<Descriptor> = seen.into_iter().filter_map(|seen| seen.descriptor).collect();
        match descriptors.is_empty() {
            true => Err(EngineError::Refused { code: "no_face", detail: "a photo shows no face".into() }),
            false => Ok(descriptors),
        }
    }

    fn likeness(&self, known: &[u8], probe: &[u8]) -> Result<Likeness, EngineError> {
        let (known, probe) = (self.descriptors(known)?, self.descriptors(probe)?);
        if probe.len() > 1 {
            let detail = "the photo shows more than one face".to_owned();
            return Err(EngineError::Refused { code: "multiple_faces", detail });
        }
        let similarity = compare(&known[0], &probe[0]).similarity;
        Ok(Likeness { similarity, threshold: SIMILARITY_THRESHOLD, made_by: made_by(&self.analyser) })
    }
}

#[async_trait]
impl face_verifier::FaceVerifier for FaceVerifier {
    async fn compare(&self, known: Bytes, probe: Bytes) -> Result<Likeness, EngineError> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|closed| EngineError::Broken(closed.into()))?;
        let verifier = self.clone();
        let work = move || {
            // Held until the work is done, also when nobody waits for it any more.
            let _permit = permit;
            verifier.likeness(&known, &probe)
        };
        tokio::task::spawn_blocking(work).await.map_err(|panic| EngineError::Broken(panic.into()))?
    }
}
