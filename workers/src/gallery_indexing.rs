//! Stage gallery-indexing: closes the attempt. The closing itself, with the gallery row, is the settling of its result.

use crate::stage_worker::{StageWorker, Work};
use async_trait::async_trait;
use domain::{Outcome, Stage, StageEnd, StageOutput};

/// Lets the attempt be closed.
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
