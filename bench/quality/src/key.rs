//! The key and the mode of a recording.

use muse::melody::key::{Histogram, LISTENERS};
use muse::melody::mode::Mode;

/// The key with the best fit: tonic, and whether it is minor.
pub fn find(histogram: &Histogram) -> (u8, bool) {
    let mut best = (f64::MIN, 0, false);
    for tonic in 0..12 {
        for minor in [false, true] {
            let fit = LISTENERS.fit(histogram, tonic, minor);
            if fit > best.0 {
                best = (fit, tonic, minor);
            }
        }
    }
    (best.1, best.2)
}

/// The mode on a known tonic, from the degrees in which the scales differ.
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
    use muse::melody::key::normalised;

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
                assert!(LISTENERS.margin(&histogram, tonic as u8, mode.is_minor()) > 0.0);
            }
        }
    }
}
