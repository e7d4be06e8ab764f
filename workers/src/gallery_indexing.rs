//! Stage gallery-indexing: closes the attempt. It has no work of its own; committing its result is the closing.

use crate::stage_worker::{StageWorker, Work};
use async_trait::async_trait;
use domain::{Outcome, Stage, StageEnd, StageOutput};

#[derive(Clone, Copy, Debug)]
pub struct GalleryIndexing;

#[async_trait]
impl StageWorker for GalleryIndexing {
    fn stage(&self) -> Stage {
        Stage::GalleryIndexing
    }

    async fn run(&self, _work: Work<'_>) -> StageEnd {
        StageEnd::Done(Box::new(StageOutput::bare(Outcome::Succeeded)))
    }
}
