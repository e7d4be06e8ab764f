//! Which key a piece is in, from how much each pitch class sounds.

use crate::melody::mode::Mode;

/// How much each pitch class sounds, C first.
pub type Histogram = [f64; 12];

/// Krumhansl & Kessler (1982): how well each pitch class fits a major key, tonic first.
const MAJOR: Histogram = [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88];
/// The same for a minor key.
const MINOR: Histogram = [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17];

/// Temperley (1999): the same from corpora of scores, major and minor.
const SCORE_MAJOR: Histogram = [5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0];
const SCORE_MINOR: Histogram = [5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0];

/// Scaled so that it sums to 1; all 0 stays so.
pub fn normalised(histogram: Histogram) -> Histogram {
    let sum: f64 = histogram.iter().sum();
    if sum > 0.0 { histogram.map(|weight| weight / sum) } else { histogram }
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

fn fit_profile(histogram: &Histogram, tonic: u8, profile: &Histogram) -> f64 {
    correlation(histogram, |pitch| profile[(pitch + 12 - usize::from(tonic)) % 12])
}

/// How well a key's profile fits: the correlation, -1..1 (Krumhansl & Schmuckler).
pub fn fit(histogram: &Histogram, tonic: u8, minor: bool) -> f64 {
    fit_profile(histogram, tonic, if minor { &MINOR } else { &MAJOR })
}

/// The best fitting key: tonic and whether it is minor.
pub fn find(histogram: &Histogram) -> (u8, bool) {
    let mut best = (f64::MIN, 0, false);
    for tonic in 0..12 {
        for minor in [false, true] {
            let fit = fit(histogram, tonic, minor);
            if fit > best.0 {
                best = (fit, tonic, minor);
            }
        }
    }
    (best.1, best.2)
}

/// How much better a key fits than any key on another tonic: by listeners' profiles, and by scores'.
pub fn margins(histogram: &Histogram, tonic: u8, minor: bool) -> [f64; 2] {
    [[&MAJOR, &MINOR], [&SCORE_MAJOR, &SCORE_MINOR]].map(|profiles| {
        let others = (0..12).filter(|other| *other != tonic);
        let best = others
            .flat_map(|other| profiles.map(|profile| fit_profile(histogram, other, profile)))
            .fold(f64::MIN, f64::max);
        fit_profile(histogram, tonic, profiles[usize::from(minor)]) - best
    })
}

/// The mode on a known tonic: the scale whose seven degrees sound most, by the degrees in which scales differ.
pub fn find_mode(histogram: &Histogram, tonic: u8) -> Mode {
    let heard = |semitones: usize| histogram[(usize::from(tonic) + semitones) % 12];
    let flat = |low: usize, high: usize| heard(low) > heard(high);
    if flat(3, 4) {
        match (flat(1, 2), flat(8, 9), flat(10, 11)) {
            (true, ..) => Mode::Phrygian,
            (_, false, _) => Mode::Dorian,
            (_, _, true) => Mode::Aeolian,
            _ => Mode::HarmonicMinor,
        }
    } else if flat(5, 6) {
        Mode::Ionian
    } else {
        Mode::Lydian
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(mode: Mode, tonic: usize) -> Histogram {
        let mut histogram = [0.0; 12];
        for (degree, step) in mode.steps().into_iter().enumerate() {
            histogram[(tonic + step as usize) % 12] += [4.0, 1.5, 2.5, 1.5, 3.0, 1.5, 1.5][degree];
        }
        normalised(histogram)
    }

    #[test]
    fn finds_tonic_and_mode_of_weighted_scales() {
        for mode in Mode::ALL {
            for tonic in 0..12 {
                let histogram = scale(mode, tonic);
                assert_eq!(find(&histogram), (tonic as u8, mode.is_minor()), "{mode:?}");
                assert_eq!(find_mode(&histogram, tonic as u8), mode);
                assert!(margins(&histogram, tonic as u8, mode.is_minor())[0] > 0.0);
            }
        }
    }

    #[test]
    fn silence_fits_nothing() {
        assert_eq!(fit(&normalised([0.0; 12]), 3, true), 0.0);
    }
}
