//! Pictures and melodies from an emotion, made without a key or a network: the same bytes from the same seed.
//!
//! Random generator, canvas, noise, OKLab, synthesiser and mastering are our own code, because a seed must give the same
//! bytes on every processor and in every version. Drawing and audio libraries choose SIMD paths by processor, draw their
//! random numbers from elsewhere and change anti-aliasing, envelopes and limiters between versions. Here every pixel and
//! every sample comes from IEEE 754 arithmetic and from `libm`; the libraries that remain (encoders, loudness) get rounded
//! input or a pinned version. Besides, drawing libraries blend in sRGB, in which mixed colours turn grey, and the palettes
//! need OKLab.

#![warn(missing_docs)]

pub mod melody;
pub mod picture;

mod maker;
mod provenance;
mod rng;

pub use maker::Muse;
pub use melody::{Melody, MelodyError, MelodySettings, compose};
pub use picture::{Picture, PictureError, PictureSettings, paint};

use domain::{Affect, Emotion};

/// The affect of one emotion, moved in the valence/arousal plane; `None` keeps the emotion's own coordinate. The emotion
/// picks palette, motif and scale; the distance from its own point makes pictures brighter or more saturated and melodies
/// higher, faster, louder and denser.
pub fn steered(emotion: Emotion, valence: Option<f64>, arousal: Option<f64>) -> Affect {
    let own = Affect::certain(emotion);
    Affect { valence: valence.unwrap_or(own.valence), arousal: arousal.unwrap_or(own.arousal), ..own }
}
