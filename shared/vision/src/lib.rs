//! The embedded face engine: image bytes in; faces with boxes, landmarks, emotions and descriptors out.
//!
//! The library knows pixels and emotions, not uploads or queues. It reads the models of the npm package
//! `@vladmandic/face-api` (`make models`) and runs them in Rust. A picture is analysed on one thread.
//!
//! Accuracy: boxes and landmarks agree with face-api's and share its mistakes. Downcast eyes score high for sadness,
//! and the crop of a face decides the top emotion of some. Treat a distribution whose `is_uncertain` is true as
//! uncertain, and do not compare its probabilities with another engine's.

#![warn(missing_docs)]

mod align;
mod analyser;
mod boxes;
mod conv;
mod decode;
mod expression;
mod face_engine;
mod face_verifier;
mod landmarks;
mod lanes;
pub mod limits;
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

pub use analyser::{AnalysedFace, Analyser, Detection, MODEL, Options};
pub use decode::{Cancel, DecodeError, decode, decode_unless, is_plain_jpeg};
pub use expression::{EMOTIONS, PRIOR};
pub use face_engine::{ENGINE, FaceEngine};
pub use face_verifier::{FaceVerifier, MAX_DISTANCE};
pub use landmarks::POINTS;
pub use lanes::{Lane, Lanes};
pub use picture::{Picture, WORKING_SIDE};
pub use preview::{PREVIEW_SIDE, jpeg, preview};
pub use recognition::{DESCRIPTOR_LENGTH, Descriptor};
pub use weights::{ModelError, Weights};
