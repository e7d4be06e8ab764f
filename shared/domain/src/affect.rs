//! The input of pictures and melodies: a distribution and its point in the valence/arousal plane.

use crate::distribution::Distribution;
use crate::emotion::Emotion;
use serde::{Deserialize, Serialize};

/// An emotional state. `valence` (unpleasant to pleasant) and `arousal` (still to stirred) are each -1..1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Affect {
    pub distribution: Distribution,
    pub valence: f64,
    pub arousal: f64,
}

impl Affect {
    /// The state whose point is the probability-weighted sum of the emotions' points.
    pub fn new(distribution: Distribution) -> Self {
        let (mut valence, mut arousal) = (0.0, 0.0);
        for (emotion, p) in distribution.iter() {
            let (v, a) = emotion.point();
            valence += p * v;
            arousal += p * a;
        }
        Affect { distribution, valence, arousal }
    }

    pub fn certain(emotion: Emotion) -> Self {
        Affect::new(Distribution::certain(emotion))
    }

    /// The emotion that picks palette and motif.
    pub fn dominant(&self) -> Emotion {
        self.distribution.dominant().0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_point_is_the_weighted_sum() {
        let half = Distribution::mean([
            (&Distribution::certain(Emotion::Happy), 1.0),
            (&Distribution::certain(Emotion::Sad), 1.0),
        ]);
        let affect = Affect::new(half.unwrap());
        assert!((affect.valence - 0.075).abs() < 1e-12 && affect.arousal.abs() < 1e-12);
        assert_eq!(Affect::certain(Emotion::Fear).dominant(), Emotion::Fear);
    }
}
