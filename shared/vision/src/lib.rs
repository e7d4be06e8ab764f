//! Semblante's embedded face engine: image bytes in; faces with boxes, points, emotions and descriptors out.
//!
//! A pure library that knows pixels and emotions, not uploads or queues. It reads the models of the npm package
//! `@vladmandic/face-api` (`make models`); nothing but Rust runs. One picture is one thread's work.
//!
//! What the numbers are worth: boxes and points agree with face-api's, so they share its mistakes. Downcast eyes are
//! read as sadness with great confidence, and how a face is cut out decides the top emotion of some. Treat a
//! distribution whose `is_uncertain` holds as such, and do not compare these scales with another engine's.

#![warn(missing_docs)]

mod align;
mod analyse;
mod boxes;
mod compare;
mod conv;
pub mod decode;
mod expression;
mod face_engine;
mod face_verifier;
mod landmarks;
mod models;
mod orientation;
mod picture;
mod preview;
mod recognition;
mod sample;
mod ssd;
mod tensor;
mod tiles;
mod trunk;
mod weights;

pub use analyse::{Analyser, Detection, Options, Seen};
pub use compare::{Comparison, Descriptor, SIMILARITY_THRESHOLD, THRESHOLD, compare};
pub use decode::{DecodeError, decode};
pub use expression::EMOTIONS;
pub use face_engine::{ENGINE, FaceEngine};
pub use face_verifier::FaceVerifier;
pub use landmarks::POINTS;
pub use models::MODEL;
pub use picture::{Picture, WORKING_SIDE};
pub use preview::{PREVIEW_SIDE, jpeg, preview};
pub use recognition::NUMBERS;
pub use weights::{ModelError, Weights};
