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

/// Divides the logits before the softmax. On three labelled sets (1,345 faces, about equal numbers of each emotion) the
/// network is right in 51 to 54 % at a mean probability of 88 %: expected calibration error .32, .38, .34 with 1; .09, .14,
/// .13 with 3; .05, .07, .08 with 4; .09, .06, .07 with 5. docs/accuracy.md.
const TEMPERATURE: f64 = 4.0;

/// Frequencies of emotions in everyday photos, in the order of [`EMOTIONS`]: between 13,681 labelled faces of news and film
/// (CALM .50, HAPPY .42, every other below .03) and a milder mix. docs/accuracy.md.
const EVERYDAY: [f64; 7] = [0.45, 0.40, 0.04, 0.03, 0.015, 0.015, 0.05];

/// The share of the everyday frequencies that is weighed in: 0 takes every emotion as equally frequent, 1 answers HAPPY or
/// CALM to nearly every face. With .25, answers in everyday mixes are right in 82 and 74 % instead of 76 and 72 %, and half
/// of the sad faces are still found sad.
pub const PRIOR: f64 = 0.25;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Emotions {
    /// Probabilities that mean what they say: by temperature and prior.
    pub calibrated: Distribution,
    /// The network's own, far too sure of themselves; face-api's numbers.
    pub raw: Distribution,
}

#[derive(Debug)]
pub(crate) struct Expression(Trunk);

impl Expression {
    /// Takes every tensor of the network.
    pub fn load(weights: Weights) -> Result<Self, ModelError> {
        Trunk::load(weights, EMOTIONS.len()).map(Expression)
    }

    /// The expression of the face that fills `region`, with this share of the everyday prior (0..1). None if the network's
    /// numbers are not finite, which cannot happen with finite weights and pixels.
    pub fn read(
        &self,
        picture: &Picture,
        region: Region,
        prior: f64,
        scratch: &mut Scratch,
    ) -> Option<Emotions> {
        let logits: Vec<f64> = self.0.run(picture, region, scratch).into_iter().map(f64::from).collect();
        Some(Emotions { calibrated: distribution(&calibrated(&logits, prior))?, raw: distribution(&logits)? })
    }
}

/// The logits of softmax(logits / temperature) · frequency^prior.
fn calibrated(logits: &[f64], prior: f64) -> Vec<f64> {
    let weighed = |(logit, frequency): (&f64, f64)| logit / TEMPERATURE + prior * frequency.ln();
    logits.iter().zip(EVERYDAY).map(weighed).collect()
}

fn distribution(logits: &[f64]) -> Option<Distribution> {
    Distribution::parse(EMOTIONS.into_iter().zip(softmax(logits)).collect()).ok()
}

/// exp(x - max) over its sum.
fn softmax(numbers: &[f64]) -> Vec<f64> {
    let max = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = numbers.iter().map(|&x| (x - max).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn softmax_does_not_overflow() {
        assert_eq!(softmax(&[1000.0, 1000.0]), [0.5, 0.5]);
        let ratios = softmax(&[0.0, 2f64.ln()]);
        assert!((ratios[1] / ratios[0] - 2.0).abs() < 1e-6);
    }

    #[test]
    fn the_prior_is_a_distribution_and_weighs_as_much_as_asked() {
        assert!((EVERYDAY.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let even = [0.0; 7];
        let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(close(&softmax(&calibrated(&even, 0.0)), &[1.0 / 7.0; 7]));
        assert!(close(&softmax(&calibrated(&even, 1.0)), &EVERYDAY));
    }

    #[test]
    fn calibration_keeps_the_order_without_a_prior_and_is_less_sure() {
        let logits = [0.3, -1.0, 4.0, 2.0, -3.0, 0.0, 1.0];
        let (raw, calibrated) = (softmax(&logits), softmax(&calibrated(&logits, 0.0)));
        let order = |numbers: &[f64]| {
            let mut order: Vec<usize> = (0..7).collect();
            order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
            order
        };
        assert_eq!(order(&raw), order(&calibrated));
        // e^(4/4) over the sum of e^(x/4).
        let sum: f64 = logits.iter().map(|x| (x / 4.0f64).exp()).sum();
        assert!((calibrated[2] - 1f64.exp() / sum).abs() < 1e-12 && calibrated[2] < raw[2]);
    }

    #[test]
    fn the_emotions_are_seven_and_confused_is_not_among_them() {
        assert!(!EMOTIONS.contains(&Emotion::Confused) && !EMOTIONS.contains(&Emotion::Unknown));
    }
}
