//! The melody: a motif, its return, a contrast and a close.

use super::harmony::{self, Chord, Role};
use super::mode::Mode;
use super::mood::Mood;
use super::rhythm;
use super::score::TICKS;
use crate::rng::Rng;

/// A melody note before it is arranged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tone {
    pub(super) start: u32,
    pub(super) length: u32,
    /// Scale degree: 0 the tonic in the middle of the register.
    pub(super) degree: i32,
}

impl Tone {
    /// Semitones above the middle tonic.
    pub(super) fn semitones(&self, mode: Mode, chords: &[Chord]) -> i32 {
        harmony::at(chords, self.start).semitones(mode, self.degree)
    }
}

/// The constraints of one phrase.
struct Phrase<'a> {
    role: Role,
    mode: Mode,
    chords: &'a [Chord],
    /// Lowest and highest degree.
    range: (i32, i32),
    /// The degree (mod 7) to end on.
    goal: i32,
}

/// The melody over `chords`; `phrases` are role, start and length in ticks.
pub(super) fn write(mood: &Mood, phrases: &[(Role, u32, u32)], chords: &[Chord], rng: &mut Rng) -> Vec<Tone> {
    let mut tune: Vec<Tone> = Vec::new();
    let mut opening: Vec<Tone> = Vec::new();
    for &(role, start, length) in phrases {
        let last = harmony::at(chords, start + length - 1);
        let goal = match role {
            Role::Answer | Role::Closing => 0,
            _ => (last.root + *rng.pick(&[0, 2, 4])).rem_euclid(7),
        };
        let range = if role == Role::Middle { (-1, 9) } else { (-3, 7) };
        let phrase = Phrase { role, mode: mood.mode, chords, range, goal };
        let beats = length / TICKS;
        // The returning part of the opening: all but the cadence.
        let kept = length - rhythm::rest(beats, Role::Answer) - if beats > 5 { TICKS } else { 0 };
        let previous = tune.last().map_or(*rng.pick(&[0, 2, 4]), |tone| tone.degree);
        let written = match role {
            Role::Opening => phrase.open(mood, start, length, rng),
            Role::Middle if !opening.is_empty() => phrase.contrast(&opening, previous, start, length, rng),
            _ if !opening.is_empty() => phrase.again(&opening, kept, start, length, mood, rng),
            _ => phrase.open(mood, start, length, rng),
        };
        if role == Role::Opening {
            opening = written.iter().map(|tone| Tone { start: tone.start - start, ..*tone }).collect();
        }
        tune.extend(written);
    }
    tune
}

impl Phrase<'_> {
    /// A motif and its sequence a step or a third away, or a free line.
    fn open(&self, mood: &Mood, start: u32, length: u32, rng: &mut Rng) -> Vec<Tone> {
        let beats = length / TICKS;
        let half = (beats / 2).max(1) * TICKS;
        let first = *rng.pick(&[0, 2, 4]);
        if beats < 6 || rng.chance(0.4) {
            let lengths = rhythm::phrase(length, rhythm::rest(beats, self.role), mood.density, rng);
            return self.walk(start, &lengths, first, rng);
        }
        let motif = rhythm::phrase(half, 0, mood.density, rng);
        let mut tones = self.walk(start, &motif, first, rng);
        let shift = *rng.pick(&[-2, -1, 1, 2]);
        let room = length - rhythm::rest(beats, self.role);
        let echo: Vec<Tone> = tones
            .iter()
            .map(|tone| Tone { start: tone.start + half, degree: tone.degree + shift, ..*tone })
            .filter(|tone| tone.start + tone.length <= start + room)
            .collect();
        tones.extend(echo);
        self.finish(tones, start, length, rng)
    }

    /// The opening's first `kept` ticks and a new ending.
    fn again(
        &self,
        opening: &[Tone],
        kept: u32,
        start: u32,
        length: u32,
        mood: &Mood,
        rng: &mut Rng,
    ) -> Vec<Tone> {
        let kept: Vec<Tone> = opening
            .iter()
            .filter(|tone| tone.start + tone.length <= kept)
            .map(|tone| Tone { start: tone.start + start, ..*tone })
            .collect();
        if kept.is_empty() {
            return self.open(mood, start, length, rng);
        }
        self.finish(kept, start, length, rng)
    }

    /// A descending sequence of a cell of the opening.
    fn contrast(&self, opening: &[Tone], previous: i32, start: u32, length: u32, rng: &mut Rng) -> Vec<Tone> {
        let beats = length / TICKS;
        let cell_ticks = 2 * TICKS;
        let cell: Vec<Tone> =
            opening.iter().filter(|tone| tone.start + tone.length <= cell_ticks).copied().collect();
        let turned = rng.chance(0.5);
        let Some(base) = cell.first().map(|tone| tone.degree) else {
            let lengths = rhythm::phrase(length, rhythm::rest(beats, self.role), 0.5, rng);
            return self.walk(start, &lengths, previous + 1, rng);
        };
        let mut top = (previous + 1 + rng.below(3) as i32).clamp(2, 6);
        let descent = *rng.pick(&[1, 1, 2]);
        let mut tones = Vec::new();
        let mut at = 0;
        while at + cell_ticks + rhythm::rest(beats, self.role) <= length {
            for tone in &cell {
                let offset = if turned { base - tone.degree } else { tone.degree - base };
                let degree = (top + offset).clamp(self.range.0, self.range.1);
                tones.push(Tone { start: start + at + tone.start, length: tone.length, degree });
            }
            at += cell_ticks;
            top -= descent;
        }
        self.finish(tones, start, length, rng)
    }

    /// Fills the rest of a phrase.
    fn finish(&self, mut tones: Vec<Tone>, start: u32, length: u32, rng: &mut Rng) -> Vec<Tone> {
        let (from, previous) =
            tones.last().map_or((start, 0), |tone| (tone.start + tone.length, tone.degree));
        let left = (start + length).saturating_sub(from);
        let lengths = rhythm::phrase(left, rhythm::rest(length / TICKS, self.role), 0.5, rng);
        let earlier = tones.len().checked_sub(2).map_or(previous, |i| tones[i].degree);
        tones.extend(self.walk_from(from, &lengths, (earlier, previous), rng));
        tones
    }

    /// A walk that starts on the chord tone at or above `first`.
    fn walk(&self, start: u32, lengths: &[u32], first: i32, rng: &mut Rng) -> Vec<Tone> {
        let chord = harmony::at(self.chords, start);
        let first = (first..first + 7).find(|degree| chord.has(*degree)).unwrap_or(first);
        let first = if first > 4 { first - 7 } else { first };
        let Some((length, rest)) = lengths.split_first() else { return Vec::new() };
        let mut tones = vec![Tone { start, length: *length, degree: first }];
        tones.extend(self.walk_from(start + length, rest, (first, first), rng));
        tones
    }

    /// A Markov chain of intervals from two earlier degrees to the goal.
    fn walk_from(
        &self,
        start: u32,
        lengths: &[u32],
        (mut earlier, mut previous): (i32, i32),
        rng: &mut Rng,
    ) -> Vec<Tone> {
        let mut at = start;
        let mut tones = Vec::with_capacity(lengths.len());
        for (i, length) in lengths.iter().enumerate() {
            let left = (lengths.len() - 1 - i) as i32;
            let degrees: Vec<i32> = (previous - 5..=previous + 5).collect();
            let weights: Vec<f32> =
                degrees.iter().map(|d| self.weight(at, earlier, previous, *d, left)).collect();
            let degree = degrees[rng.weighted(&weights)];
            tones.push(Tone { start: at, length: *length, degree });
            (earlier, previous) = (previous, degree);
            at += length;
        }
        tones
    }

    /// The probability weight of `degree`: small steps, reversal after a leap, chord tones on the beat, the goal in reach.
    fn weight(&self, at: u32, earlier: i32, previous: i32, degree: i32, left: i32) -> f32 {
        let chord = harmony::at(self.chords, at);
        let pitch = |degree| chord.semitones(self.mode, degree);
        let interval = pitch(degree) - pitch(previous);
        let before = pitch(previous) - pitch(earlier);
        let mut weight = match interval.abs() {
            0 => 0.30,
            1 | 2 => 4.2,
            3 | 4 => 1.5,
            5 => 0.30,
            7 => 0.18,
            _ => 0.02,
        };
        if before.abs() >= 5 {
            // Reversal by step after a leap (Narmour's registral return).
            weight *= if interval.signum() == -before.signum() && interval.abs() <= 2 { 4.0 } else { 0.15 };
        } else if before != 0 && interval.signum() == before.signum() {
            weight *= 1.35;
        }
        let on_beat = at.is_multiple_of(TICKS);
        weight *= match (chord.has(degree), on_beat) {
            (true, true) => 5.0,
            (true, false) => 1.3,
            _ => 1.0,
        };
        if degree < self.range.0 || degree > self.range.1 {
            weight *= 0.01;
        }
        let from_goal = (degree - self.goal).rem_euclid(7);
        let from_goal = from_goal.min(7 - from_goal);
        if left == 0 {
            weight *= if from_goal == 0 { 1000.0 } else { 1e-3 };
        } else if left == 1 {
            // The goal is approached by step.
            weight *= if from_goal == 1 {
                3.0
            } else if from_goal > 2 {
                0.1
            } else {
                0.6
            };
        }
        weight
    }
}
