//! Stage melody-generation: a melody from the photo's emotional state.

use crate::generation;
use crate::stage_worker::{StageWorker, Work};
use async_trait::async_trait;
use domain::ports::Maker;
use domain::ports::maker::Art;
use domain::{ObjectKey, Stage, StageEnd};
use std::sync::Arc;

/// Orders melodies from a maker.
pub struct MelodyGeneration {
    maker: Arc<dyn Maker>,
}

impl MelodyGeneration {
    /// Orders from `maker`.
    pub fn new(maker: Arc<dyn Maker>) -> Self {
        MelodyGeneration { maker }
    }
}

#[async_trait]
impl StageWorker for MelodyGeneration {
    fn stage(&self) -> Stage {
        Stage::MelodyGeneration
    }

    async fn run(&self, work: Work<'_>) -> StageEnd {
        let upload = work.upload;
        let keys = [
            ObjectKey::melody(&upload.tenant_id, upload.upload_id, upload.attempt),
            ObjectKey::score(&upload.tenant_id, upload.upload_id, upload.attempt),
        ];
        generation::run(self.maker.as_ref(), Art::Melody, self.stage(), work, &keys).await
    }
}
