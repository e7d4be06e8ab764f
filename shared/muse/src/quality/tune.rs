//! What a melody does: steps, leaps, returns.

/// A melody's features. Intervals are between neighbouring notes, in semitones.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Features {
    /// Share of intervals that are steps: 1 or 2 semitones.
    pub steps: f64,
    /// The same among intervals that are not unisons.
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
    /// The features of pitches in their order. Shares of nothing are 0.
    pub fn of(pitches: &[i32]) -> Features {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_hand() {
        // Intervals 2 2 1 -5 2 2 1: six steps, one leap; windows 221 21-5 1-52 -522 221.
        let f = Features::of(&[60, 62, 64, 65, 60, 62, 64, 65]);
        assert!((f.steps - 6.0 / 7.0).abs() < 1e-12 && (f.leaps - 1.0 / 7.0).abs() < 1e-12);
        assert!((f.repetition - 0.2).abs() < 1e-12 && (f.recurrence - 0.4).abs() < 1e-12);
        assert_eq!((f.range, f.longest_repeat), (5, 1));
        assert_eq!(Features::of(&[60, 60, 60, 64]).longest_repeat, 3);
    }

    #[test]
    fn nothing_has_no_features() {
        assert_eq!(Features::of(&[]).steps, 0.0);
        assert_eq!(Features::of(&[60]).repetition, 0.0);
    }
}
