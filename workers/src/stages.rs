//! The table of stages and their workers.

use crate::emotion_analysis::EmotionAnalysis;
use crate::face_detection::FaceDetection;
use crate::gallery_indexing::GalleryIndexing;
use crate::generation::Generation;
use crate::stage_worker::StageWorker;
use domain::ports::{FaceEngine, Maker};
use domain::{Ports, Stage};
use std::sync::Arc;

/// The engines that stages compute with.
#[derive(Clone)]
pub struct Engines {
    pub faces: Arc<dyn FaceEngine>,
    pub pictures: Arc<dyn Maker>,
    pub melodies: Arc<dyn Maker>,
}

/// The worker of each stage, in the order of the pipeline.
pub fn stages(ports: &Ports, engines: &Engines) -> [Arc<dyn StageWorker>; Stage::ALL.len()] {
    Stage::ALL.map(|stage| worker(stage, ports, engines))
}

/// The worker of one stage.
pub fn worker(stage: Stage, ports: &Ports, engines: &Engines) -> Arc<dyn StageWorker> {
    match stage {
        Stage::FaceDetection => Arc::new(FaceDetection::new(ports.objects.clone(), engines.faces.clone())),
        Stage::EmotionAnalysis => Arc::new(EmotionAnalysis::new(ports.faces.clone())),
        Stage::ImageGeneration => Arc::new(Generation::pictures(engines.pictures.clone())),
        Stage::MelodyGeneration => Arc::new(Generation::melodies(engines.melodies.clone())),
        Stage::GalleryIndexing => Arc::new(GalleryIndexing),
    }
}
