//! Settles the messages of the five stages: the core that a poll host and a Lambda function share.

mod adopt;
mod commit;
pub mod dead_letters;
pub mod emotion_analysis;
pub mod face_detection;
#[cfg(feature = "fake-stages")]
pub mod fake_stage;
pub mod gallery_indexing;
pub mod generation;
pub mod limits;
pub mod poll_host;
mod reply;
mod resolve;
mod run;
pub mod settle;
pub mod stage_worker;
pub mod stages;

pub use dead_letters::DeadLetterHandler;
pub use emotion_analysis::EmotionAnalysis;
pub use face_detection::FaceDetection;
pub use gallery_indexing::GalleryIndexing;
pub use generation::Generation;
pub use limits::Limits;
pub use poll_host::{PollHost, Polling};
pub use settle::Settle;
pub use stage_worker::{StageWorker, Work};
pub use stages::{Engines, stages, worker};
