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

use domain::{Affect, Emotion};

/// The affect of one emotion, moved in the valence/arousal plane; `None` keeps the emotion's own coordinate. The emotion
/// picks palette, motif and scale; the distance from its own point makes pictures brighter or more saturated and melodies
/// higher, faster, louder and denser.
pub fn steered(emotion: Emotion, valence: Option<f64>, arousal: Option<f64>) -> Affect {
    let own = Affect::certain(emotion);
    Affect { valence: valence.unwrap_or(own.valence), arousal: arousal.unwrap_or(own.arousal), ..own }
}
