//! Pictures and melodies from an emotion, made here: no key, no network, the same bytes from the same seed.

#![warn(missing_docs)]

pub mod maker;
pub mod melody;
pub mod picture;
pub mod provenance;
pub mod quality;
pub mod rng;

pub use maker::Muse;
pub use melody::{Melody, MelodyError, MelodySettings, compose};
pub use picture::{Picture, PictureError, PictureSettings, paint};
