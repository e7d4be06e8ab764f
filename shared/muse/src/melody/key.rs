//! How well pitch classes fit a key.

/// How much each pitch class sounds, C first.
pub type Histogram = [f64; 12];

/// The weight of each pitch class in a key, tonic first.
pub struct Profiles {
    major: Histogram,
    minor: Histogram,
}

/// Listeners' ratings (Krumhansl & Kessler 1982).
pub const LISTENERS: Profiles = Profiles {
    major: [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    minor: [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
};

/// Weights from corpora of scores (Temperley 1999).
pub const SCORES: Profiles = Profiles {
    major: [5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0],
    minor: [5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0],
};

impl Profiles {
    /// The correlation of a key's profile with the histogram, -1..1 (Krumhansl & Schmuckler).
    pub fn fit(&self, histogram: &Histogram, tonic: u8, minor: bool) -> f64 {
        let profile = if minor { &self.minor } else { &self.major };
        correlation(histogram, |pitch| profile[(pitch + 12 - usize::from(tonic)) % 12])
    }

    /// The fit of a key minus the best fit of any key on another tonic.
    pub fn margin(&self, histogram: &Histogram, tonic: u8, minor: bool) -> f64 {
        let others = (0..12).filter(|other| *other != tonic);
        let best = others
            .flat_map(|other| [false, true].map(|minor| self.fit(histogram, other, minor)))
            .fold(f64::MIN, f64::max);
        self.fit(histogram, tonic, minor) - best
    }
}

fn correlation(a: &Histogram, b: impl Fn(usize) -> f64) -> f64 {
    let mean_a = a.iter().sum::<f64>() / 12.0;
    let mean_b = (0..12).map(&b).sum::<f64>() / 12.0;
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (i, value) in a.iter().enumerate() {
        let (x, y) = (value - mean_a, b(i) - mean_b);
        (ab, aa, bb) = (ab + x * y, aa + x * x, bb + y * y);
    }
    if aa * bb > 0.0 { ab / (aa * bb).sqrt() } else { 0.0 }
}

/// Scaled to the sum 1; silence stays all 0.
pub fn normalised(histogram: Histogram) -> Histogram {
    let sum: f64 = histogram.iter().sum();
    if sum > 0.0 { histogram.map(|weight| weight / sum) } else { histogram }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_fit_their_own_keys_best() {
        for profiles in [LISTENERS, SCORES] {
            for (own, minor) in [(profiles.major, false), (profiles.minor, true)] {
                for tonic in 0..12 {
                    let mut histogram = normalised(own);
                    histogram.rotate_right(tonic);
                    assert!((profiles.fit(&histogram, tonic as u8, minor) - 1.0).abs() < 1e-9);
                    assert!(profiles.margin(&histogram, tonic as u8, minor) > 0.0, "{tonic} {minor}");
                    assert!(profiles.margin(&histogram, (tonic as u8 + 1) % 12, minor) < 0.0);
                }
            }
        }
    }

    #[test]
    fn silence_fits_nothing() {
        assert_eq!(LISTENERS.fit(&normalised([0.0; 12]), 3, true), 0.0);
    }
}
