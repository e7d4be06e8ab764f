//! Distributions of emotions: a probability for each emotion that the engine looks for.

use crate::emotion::{Emotion, Tone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Probabilities by emotion: each finite and 0..1, together 1 (within [`Distribution::TOLERANCE`], then normalised).
/// Emotions that an engine has no source for are absent, never invented.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Emotion, f64>", into = "BTreeMap<Emotion, f64>")]
pub struct Distribution(BTreeMap<Emotion, f64>);

#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum DistributionError {
    #[error("a distribution needs at least one emotion")]
    Empty,
    /// NaN, infinite, negative or above 1.
    #[error("the probability of {0} is not a number from 0 to 1")]
    NotAProbability(Emotion),
    /// The sum is too far from 1.
    #[error("the probabilities sum to {0}, not to 1")]
    Sum(f64),
}

impl Distribution {
    /// How far from 1 the sum may be: engines round to a few digits.
    pub const TOLERANCE: f64 = 0.02;
    /// How far from 1 the sum may be without being normalised again, so that reading does not change a distribution.
    const EXACT: f64 = 1e-12;

    /// Checks and normalises. Errors: [`DistributionError`].
    pub fn parse(probabilities: BTreeMap<Emotion, f64>) -> Result<Self, DistributionError> {
        if probabilities.is_empty() {
            return Err(DistributionError::Empty);
        }
        for (&emotion, &p) in &probabilities {
            if !p.is_finite() || !(0.0..=1.0 + Self::TOLERANCE).contains(&p) {
                return Err(DistributionError::NotAProbability(emotion));
            }
        }
        let sum: f64 = probabilities.values().sum();
        if (sum - 1.0).abs() > Self::TOLERANCE {
            return Err(DistributionError::Sum(sum));
        }
        if (sum - 1.0).abs() <= Self::EXACT {
            return Ok(Distribution(probabilities));
        }
        Ok(Distribution(probabilities.into_iter().map(|(emotion, p)| (emotion, p / sum)).collect()))
    }

    pub fn certain(emotion: Emotion) -> Self {
        Distribution(BTreeMap::from([(emotion, 1.0)]))
    }

    /// The weighted mean of several distributions. None if no weight is finite and above 0.
    pub fn mean<'a>(weighted: impl IntoIterator<Item = (&'a Distribution, f64)>) -> Option<Self> {
        let mut sums: BTreeMap<Emotion, f64> = BTreeMap::new();
        let mut total = 0.0;
        for (distribution, weight) in weighted {
            if weight.is_finite() && weight > 0.0 {
                total += weight;
                for (emotion, p) in distribution.iter() {
                    *sums.entry(emotion).or_default() += p * weight;
                }
            }
        }
        (total > 0.0)
            .then(|| Distribution(sums.into_iter().map(|(emotion, sum)| (emotion, sum / total)).collect()))
    }

    /// The probability of `emotion`; 0 if the engine does not look for it.
    pub fn of(&self, emotion: Emotion) -> f64 {
        self.0.get(&emotion).copied().unwrap_or(0.0)
    }

    /// Emotion and probability, in [`Emotion::ALL`]'s order.
    pub fn iter(&self) -> impl Iterator<Item = (Emotion, f64)> + '_ {
        self.0.iter().map(|(&emotion, &p)| (emotion, p))
    }

    /// The most probable emotion and its probability; the earlier in [`Emotion::ALL`] on a tie.
    pub fn dominant(&self) -> (Emotion, f64) {
        self.iter().fold(
            (Emotion::Unknown, f64::NEG_INFINITY),
            |best, next| if next.1 > best.1 { next } else { best },
        )
    }

    /// Whether the dominant emotion is not to be trusted: below 0.5, less than 0.15 ahead of the second, or one that people
    /// do not recognise reliably either. In everyday mixes what is left is right in 89 and 85 % (docs/accuracy.md).
    pub fn is_uncertain(&self) -> bool {
        let (dominant, top) = self.dominant();
        let second =
            self.iter().filter(|(emotion, _)| *emotion != dominant).map(|(_, p)| p).fold(0.0, f64::max);
        top < 0.5 || top - second < 0.15 || matches!(dominant, Emotion::Fear | Emotion::Disgusted)
    }

    /// The most probable tone and its probability: right more often than the emotion.
    pub fn tone(&self) -> (Tone, f64) {
        let of = |tone: Tone| self.iter().filter(|(emotion, _)| emotion.tone() == tone).map(|(_, p)| p).sum();
        let tones = [Tone::Neutral, Tone::Pleasant, Tone::Unpleasant].map(|tone| (tone, of(tone)));
        tones.into_iter().fold(tones[0], |best, next| if next.1 > best.1 { next } else { best })
    }
}

impl TryFrom<BTreeMap<Emotion, f64>> for Distribution {
    type Error = DistributionError;
    fn try_from(probabilities: BTreeMap<Emotion, f64>) -> Result<Self, Self::Error> {
        Distribution::parse(probabilities)
    }
}

impl From<Distribution> for BTreeMap<Emotion, f64> {
    fn from(distribution: Distribution) -> Self {
        distribution.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(Emotion, f64)]) -> Result<Distribution, DistributionError> {
        Distribution::parse(pairs.iter().copied().collect())
    }

    #[test]
    fn refuses_numbers_that_are_not_a_distribution() {
        assert_eq!(of(&[]), Err(DistributionError::Empty));
        for bad in [f64::NAN, f64::INFINITY, -0.1, 1.5] {
            assert_eq!(of(&[(Emotion::Sad, bad)]), Err(DistributionError::NotAProbability(Emotion::Sad)));
        }
        assert!(matches!(of(&[(Emotion::Sad, 0.4), (Emotion::Calm, 0.4)]), Err(DistributionError::Sum(_))));
    }

    #[test]
    fn normalises_rounding() {
        let rounded = of(&[(Emotion::Sad, 0.5), (Emotion::Calm, 0.499)]).unwrap();
        assert!((rounded.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn is_read_as_it_was_written() {
        // From even shares to ones as small as 1e-17: the last digits of small numbers are the first to get lost.
        for step in 0..200 {
            let weight = |emotion: Emotion| (-f64::from(step) * f64::from(emotion as u8) / 40.0).exp();
            let sum: f64 = Emotion::ALL.map(weight).iter().sum();
            let shares = Emotion::ALL.map(|emotion| (emotion, weight(emotion) / sum));
            let written = Distribution::parse(BTreeMap::from(shares)).unwrap();
            let json = serde_json::to_string(&written).unwrap();
            assert_eq!(serde_json::from_str::<Distribution>(&json).unwrap(), written, "{step}: {json}");
        }
    }

    #[test]
    fn uncertain_when_low_or_close() {
        assert!(!of(&[(Emotion::Happy, 0.9), (Emotion::Calm, 0.1)]).unwrap().is_uncertain());
        assert!(of(&[(Emotion::Happy, 0.55), (Emotion::Calm, 0.45)]).unwrap().is_uncertain());
        assert!(
            of(&[(Emotion::Happy, 0.49), (Emotion::Calm, 0.26), (Emotion::Sad, 0.25)])
                .unwrap()
                .is_uncertain()
        );
        assert!(!Distribution::certain(Emotion::Sad).is_uncertain());
    }

    #[test]
    fn fear_and_disgust_are_never_sure() {
        assert!(Distribution::certain(Emotion::Fear).is_uncertain());
        assert!(of(&[(Emotion::Disgusted, 0.9), (Emotion::Calm, 0.1)]).unwrap().is_uncertain());
    }

    #[test]
    fn the_tone_adds_what_feels_alike() {
        let mixed =
            [(Emotion::Calm, 0.4), (Emotion::Sad, 0.25), (Emotion::Angry, 0.2), (Emotion::Fear, 0.15)];
        let (tone, p) = of(&mixed).unwrap().tone();
        assert!(tone == Tone::Unpleasant && (p - 0.6).abs() < 1e-12);
        assert_eq!(Distribution::certain(Emotion::Surprised).tone(), (Tone::Neutral, 1.0));
    }

    #[test]
    fn mean_is_weighted() {
        let happy = Distribution::certain(Emotion::Happy);
        let sad = Distribution::certain(Emotion::Sad);
        let mean = Distribution::mean([(&happy, 3.0), (&sad, 1.0)]).unwrap();
        assert_eq!((mean.of(Emotion::Happy), mean.of(Emotion::Sad)), (0.75, 0.25));
        assert_eq!(Distribution::mean([(&happy, 0.0), (&sad, f64::NAN)]), None);
    }
}
