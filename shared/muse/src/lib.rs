//! Pictures and melodies from an emotion, made here: no key, no network, the same bytes from the same seed.

pub mod picture;
pub mod provenance;
pub mod rng;

pub use picture::{Picture, PictureError, PictureSettings, paint};
