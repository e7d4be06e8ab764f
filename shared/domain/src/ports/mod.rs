//! What the pipeline needs of the world, as small async traits. Each says in words what every backend must do;
//! the storage-like ones are held to it by a suite in `contract`.

pub mod face_engine;
pub mod maker;

pub use face_engine::FaceEngine;
pub use maker::Maker;
