//! Ranks candidates: the features of a good melody lie within the bands of popular music.

use super::key::{self, Histogram};
use super::score::{Part, Score};

/// A melody's features. Intervals are between neighbouring notes, in semitones.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features {
    /// Share of intervals that are steps: 1 or 2 semitones.
    pub steps: f64,
    /// Share of steps among the intervals that are not unisons.
    pub steps_of_moves: f64,
    /// Share of intervals that are leaps: a fourth (5) or more.
    pub leaps: f64,
    /// Motif repetition: 1 - distinct / all among windows of three successive intervals.
    pub repetition: f64,
    /// Share of those windows that occur more than once.
    pub recurrence: f64,
    /// Highest minus lowest pitch.
    pub range: i32,
    /// The most times one pitch is struck in a row.
    pub longest_repeat: u32,
}

impl Features {
    /// Measures pitches in their order. Shares of nothing are 0.
    pub fn measure(pitches: &[i32]) -> Features {
        let intervals: Vec<i32> = pitches.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let share = |count: usize, of: usize| if of == 0 { 0.0 } else { count as f64 / of as f64 };
        let count =
            |low: i32, high: i32| intervals.iter().filter(|i| (low..=high).contains(&i.abs())).count();
        let windows: Vec<&[i32]> = intervals.windows(3).collect();
        let mut distinct = windows.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let recurring =
            windows.iter().filter(|one| windows.iter().filter(|other| other == one).count() > 1).count();
        let (mut run, mut longest_repeat) = (1, u32::from(!pitches.is_empty()));
        for interval in &intervals {
            run = if *interval == 0 { run + 1 } else { 1 };
            longest_repeat = longest_repeat.max(run);
        }
        Features {
            steps: share(count(1, 2), intervals.len()),
            steps_of_moves: share(count(1, 2), count(1, 127)),
            leaps: share(count(5, 127), intervals.len()),
            repetition: share(windows.len() - distinct.len(), windows.len()),
            recurrence: share(recurring, windows.len()),
            range: pitches.iter().max().unwrap_or(&0) - pitches.iter().min().unwrap_or(&0),
            longest_repeat,
        }
    }
}

/// The distance of a value from `low..=high`.
fn outside(value: f64, low: f64, high: f64) -> f64 {
    (low - value).max(value - high).max(0.0)
}

/// Weighted distance from the bands; 0 is within all of them.
pub(super) fn penalty(score: &Score) -> f64 {
    let pitches: Vec<i32> = score.part(Part::Melody).map(|note| i32::from(note.pitch)).collect();
    let f = Features::measure(&pitches);
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

/// The penalty for an unclear tonic or mode.
fn tonality(score: &Score) -> f64 {
    let histogram = histogram(score);
    let [heard, written] = [key::LISTENERS, key::SCORES]
        .map(|profiles| profiles.margin(&histogram, score.tonic, score.mode.is_minor()));
    let mut penalty = 3.0 * outside(heard, 0.12, 2.0) + 1.5 * outside(written, 0.06, 2.0);
    // Without every degree of the scale the mode cannot be heard.
    for step in score.mode.steps() {
        let share = histogram[(usize::from(score.tonic) + step as usize) % 12];
        penalty += 4.0 * outside(share, 0.035, 1.0);
    }
    penalty
}

/// Pitch classes of all notes, each with the fifth and the third among its overtones.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_hand() {
        // Intervals 2 2 1 -5 2 2 1: six steps, one leap; windows 221 21-5 1-52 -522 221.
        let f = Features::measure(&[60, 62, 64, 65, 60, 62, 64, 65]);
        assert!((f.steps - 6.0 / 7.0).abs() < 1e-12 && (f.leaps - 1.0 / 7.0).abs() < 1e-12);
        assert!((f.repetition - 0.2).abs() < 1e-12 && (f.recurrence - 0.4).abs() < 1e-12);
        assert_eq!((f.range, f.longest_repeat), (5, 1));
        assert_eq!(Features::measure(&[60, 60, 60, 64]).longest_repeat, 3);
    }

    #[test]
    fn melodies_without_intervals_have_shares_of_zero() {
        assert_eq!(Features::measure(&[]).steps, 0.0);
        assert_eq!(Features::measure(&[60]).repetition, 0.0);
    }
}
