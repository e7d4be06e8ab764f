//! Stage image-generation: a picture from the photo's emotional state.

use crate::generation;
use crate::stage_worker::{StageWorker, Work};
use async_trait::async_trait;
use domain::ports::Maker;
use domain::ports::maker::Art;
use domain::{ObjectKey, Stage, StageEnd};
use std::sync::Arc;

/// Orders pictures from a maker.
pub struct ImageGeneration {
    maker: Arc<dyn Maker>,
}

impl ImageGeneration {
    /// Orders from `maker`.
    pub fn new(maker: Arc<dyn Maker>) -> Self {
        ImageGeneration { maker }
    }
}

#[async_trait]
impl StageWorker for ImageGeneration {
    fn stage(&self) -> Stage {
        Stage::ImageGeneration
    }

    async fn run(&self, work: Work<'_>) -> StageEnd {
        let upload = work.upload;
        let keys = [ObjectKey::picture(&upload.tenant_id, upload.upload_id, upload.attempt)];
        generation::run(self.maker.as_ref(), Art::Picture, self.stage(), work, &keys).await
    }
}
