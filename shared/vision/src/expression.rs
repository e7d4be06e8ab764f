//! `face_expression`: a face's expression as probabilities of seven emotions.

use crate::picture::Picture;
use crate::sample::Region;
use crate::tensor::Scratch;
use crate::trunk::Trunk;
use crate::weights::{ModelError, Weights};
use domain::{Distribution, Emotion};

/// The network's outputs in order: neutral, happy, sad, angry, fearful, disgusted, surprised. No output stands
/// for CONFUSED, so it is never reported.
pub const EMOTIONS: [Emotion; 7] = [
    Emotion::Calm,
    Emotion::Happy,
    Emotion::Sad,
    Emotion::Angry,
    Emotion::Fear,
    Emotion::Disgusted,
    Emotion::Surprised,
];

#[derive(Debug)]
pub(crate) struct Expression(Trunk);

impl Expression {
    /// Takes every tensor of the network.
    pub fn load(weights: Weights) -> Result<Self, ModelError> {
        Trunk::load(weights, EMOTIONS.len()).map(Expression)
    }

    /// The expression of the face that fills `region`. None if the network's numbers are not finite, which cannot
    /// happen with finite weights and pixels.
    pub fn read(&self, picture: &Picture, region: Region, scratch: &mut Scratch) -> Option<Distribution> {
        let probabilities = softmax(&self.0.run(picture, region, scratch));
        Distribution::parse(EMOTIONS.into_iter().zip(probabilities).collect()).ok()
    }
}

/// exp(x - max) over its sum.
fn softmax(numbers: &[f32]) -> Vec<f64> {
    let max = numbers.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = numbers.iter().map(|&x| f64::from(x - max).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_does_not_overflow() {
        assert_eq!(softmax(&[1000.0, 1000.0]), [0.5, 0.5]);
        let ratios = softmax(&[0.0, 2f32.ln()]);
        assert!((ratios[1] / ratios[0] - 2.0).abs() < 1e-6);
    }

    #[test]
    fn the_emotions_are_seven_and_confused_is_not_among_them() {
        assert!(!EMOTIONS.contains(&Emotion::Confused) && !EMOTIONS.contains(&Emotion::Unknown));
    }
}
