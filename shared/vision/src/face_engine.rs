//! The port `FaceEngine` on the embedded networks: decoding and analysis on blocking threads.

use crate::analyser::{Analyser, MODEL, Options};
use crate::decode::{Cancel, DecodeError, decode_unless};
use crate::preview::preview;
use async_trait::async_trait;
use bytes::Bytes;
use domain::MadeBy;
use domain::ports::face_engine::{self, Detection, EngineError};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The name of the engine that results carry.
pub const ENGINE: &str = "embedded-vision";

/// Analyses photos with the embedded networks, as many at a time as there are permits.
#[derive(Clone, Debug)]
pub struct FaceEngine {
    analyser: Arc<Analyser>,
    permits: Arc<Semaphore>,
    options: Options,
}

impl FaceEngine {
    /// An engine that takes a permit for each photo; a permit stands for one core and about 100 MB. Emotions are weighed by
    /// this share of the everyday prior, 0..1. It computes no descriptors: the pipeline recognises no person.
    pub fn new(analyser: Arc<Analyser>, permits: Arc<Semaphore>, prior: f64) -> Self {
        FaceEngine { analyser, permits, options: Options { prior, ..Options::default() } }
    }
}

/// Cancels when it is dropped: a caller that waits no longer ends the decoding that it asked for.
pub(crate) struct CancelOnDrop(pub Arc<Cancel>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The model's name says how emotions were calibrated: equal names and digests give equal numbers.
fn made_by(engine: &FaceEngine) -> MadeBy {
    MadeBy {
        engine: ENGINE.to_owned(),
        model: format!("{MODEL} prior={}", engine.options.prior),
        digest: Some(engine.analyser.digest().to_owned()),
        seed: None,
    }
}

#[async_trait]
impl face_engine::FaceEngine for FaceEngine {
    async fn detect(&self, photo: Bytes) -> Result<Detection, EngineError> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|closed| EngineError::Broken(closed.into()))?;
        let engine = self.clone();
        let cancel = Arc::new(Cancel::default());
        let _cancel_on_drop = CancelOnDrop(Arc::clone(&cancel));
        let work = move || {
            // Held until the work is done, also if the caller waits no longer.
            let _permit = permit;
            let picture = decode_unless(&photo, &cancel).map_err(refused)?;
            drop(photo);
            let analysed = engine.analyser.analyse(&picture, engine.options);
            let (width, height) = picture.original();
            let faces = analysed.into_iter().map(|analysed| analysed.face).collect();
            let preview = preview(&picture).map_err(|error| EngineError::Broken(error.into()))?.into();
            Ok(Detection { width, height, faces, made_by: made_by(&engine), preview })
        };
        tokio::task::spawn_blocking(work).await.map_err(|panic| EngineError::Broken(panic.into()))?
    }
}

pub(crate) fn refused(error: DecodeError) -> EngineError {
    EngineError::Refused { code: error.code(), detail: error.to_string() }
}
