//! Which of many melodies is kept: the one whose features lie in the bands of music that people like.

use super::score::{Part, Score};
use crate::quality::key::{self, Histogram};
use crate::quality::tune::Features;

/// How far a value is outside `low..=high`.
fn outside(value: f64, low: f64, high: f64) -> f64 {
    (low - value).max(value - high).max(0.0)
}

/// Lower is better; 0 is inside every band.
pub(super) fn penalty(score: &Score) -> f64 {
    let pitches: Vec<i32> = score.part(Part::Melody).map(|note| i32::from(note.pitch)).collect();
    let f = Features::of(&pitches);
    let mut penalty = 6.0 * outside(f.steps, 0.59, 0.70)
        + 4.0 * outside(f.steps_of_moves, 0.60, 0.74)
        + 12.0 * outside(f.leaps, 0.0, 0.09)
        + 5.0 * outside(f.repetition, 0.23, 0.42)
        + 4.0 * outside(f.recurrence, 0.28, 0.48)
        + 0.10 * outside(f64::from(f.range), 7.0, 16.0)
        + 0.30 * outside(f64::from(f.longest_repeat), 1.0, 2.0);
    penalty += tonality(score);
    penalty
}

/// How clearly the whole score speaks of its tonic and its mode.
fn tonality(score: &Score) -> f64 {
    let histogram = histogram(score);
    let [heard, written] = key::margins(&histogram, score.tonic, score.mode.is_minor());
    let mut penalty = 3.0 * outside(heard, 0.12, 2.0) + 1.5 * outside(written, 0.06, 2.0);
    // Each degree of the scale is heard, or the mode is only a name.
    for step in score.mode.steps() {
        let share = histogram[(usize::from(score.tonic) + step as usize) % 12];
        penalty += 4.0 * outside(share, 0.035, 1.0);
    }
    penalty
}

/// How much each pitch class sounds, together 1: notes with the fifth and the third among their own overtones.
fn histogram(score: &Score) -> Histogram {
    let mut histogram = [0.0; 12];
    for note in score.notes.iter().filter(|note| note.part != Part::Drums) {
        let weight = match note.part {
            Part::Melody => 1.0,
            Part::Bass => 0.8,
            _ => 0.45,
        };
        let sounding = weight * f64::from(note.length) * f64::from(note.velocity);
        for (overtone, share) in [(0, 1.0), (7, 0.20), (4, 0.08)] {
            histogram[(usize::from(note.pitch) + overtone) % 12] += sounding * share;
        }
    }
    key::normalised(histogram)
}
