//! Settles the messages of the five stages: the core that a poll host and a Lambda function share.

mod answer;
mod backoff;
pub mod dead_letters;
pub mod emotion_analysis;
pub mod face_detection;
pub mod fake_stage;
pub mod gallery_indexing;
pub mod generation;
pub mod image_generation;
pub mod limits;
pub mod melody_generation;
mod pass;
pub mod poll_host;
pub mod settle;
pub mod span;
pub mod stage_worker;
pub mod store;
mod visibility;

pub use dead_letters::DeadLetterHandler;
pub use emotion_analysis::EmotionAnalysis;
pub use face_detection::FaceDetection;
pub use gallery_indexing::GalleryIndexing;
pub use image_generation::ImageGeneration;
pub use limits::Limits;
pub use melody_generation::MelodyGeneration;
pub use poll_host::{PollHost, Polling};
pub use settle::Settle;
pub use stage_worker::{StageWorker, Work};
