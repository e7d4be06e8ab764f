//! Chords: functional progressions with half cadences in opening phrases and authentic cadences in closing ones.

use super::mode::Mode;
use super::score::TICKS;
use crate::rng::Rng;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Chord {
    /// The degree of its root, 0..6.
    pub(super) root: i32,
    /// In ticks, from the start of the piece.
    pub(super) start: u32,
    pub(super) length: u32,
    /// Raises the seventh degree of the scale: the dominant of a minor key.
    pub(super) raised: bool,
}

impl Chord {
    pub(super) fn end(&self) -> u32 {
        self.start + self.length
    }

    /// Whether a degree of any octave belongs to the chord.
    pub(super) fn has(&self, degree: i32) -> bool {
        matches!((degree - self.root).rem_euclid(7), 0 | 2 | 4)
    }

    /// Semitones above the tonic of a degree while this chord sounds.
    pub(super) fn semitones(&self, mode: Mode, degree: i32) -> i32 {
        let raise = self.raised && degree.rem_euclid(7) == 6;
        mode.semitones(degree) + i32::from(raise)
    }
}

/// A phrase's place in the form A A′ B A″.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Ends on a half cadence.
    Opening,
    /// The opening with an authentic cadence.
    Answer,
    /// Contrast that leads back to the opening.
    Middle,
    /// The opening with the final cadence.
    Closing,
}

/// The phrases of a piece as role and length in bars. Short pieces have fewer phrases.
pub(super) fn form(bars: u32) -> Vec<(Role, u32)> {
    let roles: &[Role] = match bars {
        0 | 1 => &[Role::Closing],
        2 => &[Role::Opening, Role::Closing],
        3 => &[Role::Opening, Role::Middle, Role::Closing],
        _ => &[Role::Opening, Role::Answer, Role::Middle, Role::Closing],
    };
    let count = roles.len() as u32;
    let bars = bars.max(1);
    roles
        .iter()
        .enumerate()
        .map(|(i, role)| (*role, bars / count + u32::from((i as u32) < bars % count)))
        .collect()
}

/// Roots for four slots. The last two are the cadence.
fn progressions(mode: Mode, role: Role) -> &'static [[i32; 4]] {
    use Role::*;
    match (mode, role) {
        (Mode::Ionian, Opening) => &[[0, 5, 3, 4], [0, 3, 0, 4], [0, 0, 3, 4]],
        (Mode::Ionian, Answer) => &[[0, 5, 4, 0], [0, 3, 4, 0], [0, 0, 4, 0]],
        (Mode::Ionian, Middle) => &[[3, 0, 1, 4], [5, 0, 3, 4], [3, 0, 3, 4]],
        (Mode::Ionian, Closing) => &[[0, 3, 4, 0], [0, 1, 4, 0]],
        (Mode::Lydian, Opening) => &[[0, 1, 0, 4], [0, 0, 1, 4]],
        (Mode::Lydian, Answer) => &[[0, 1, 4, 0], [0, 5, 1, 0]],
        (Mode::Lydian, Middle) => &[[5, 0, 1, 4], [0, 4, 1, 4]],
        (Mode::Lydian, Closing) => &[[0, 1, 4, 0], [0, 0, 1, 0]],
        (Mode::Dorian, Opening) => &[[0, 3, 0, 4], [0, 6, 0, 4]],
        (Mode::Dorian, Answer) => &[[0, 3, 6, 0], [0, 0, 3, 0]],
        (Mode::Dorian, Middle) => &[[2, 3, 0, 4], [6, 3, 0, 4]],
        (Mode::Dorian, Closing) => &[[0, 3, 4, 0], [0, 6, 4, 0]],
        (Mode::Phrygian, Opening) => &[[0, 1, 0, 6], [0, 0, 5, 1]],
        (Mode::Phrygian, Answer) => &[[0, 1, 6, 0], [0, 0, 1, 0]],
        (Mode::Phrygian, Middle) => &[[5, 0, 1, 0], [3, 0, 6, 1]],
        (Mode::Phrygian, Closing) => &[[0, 5, 1, 0], [0, 6, 1, 0]],
        (Mode::Aeolian, Opening) => &[[0, 5, 3, 6], [0, 2, 5, 6], [0, 0, 2, 6]],
        (Mode::Aeolian, Answer) => &[[0, 5, 6, 0], [0, 3, 6, 0]],
        (Mode::Aeolian, Middle) => &[[2, 6, 0, 6], [5, 2, 0, 6], [3, 0, 5, 6]],
        (Mode::Aeolian, Closing) => &[[0, 3, 4, 0], [0, 5, 4, 0]],
        (Mode::HarmonicMinor, Opening) => &[[0, 5, 0, 4], [0, 3, 0, 4]],
        (Mode::HarmonicMinor, Answer) => &[[0, 5, 4, 0], [0, 3, 4, 0]],
        (Mode::HarmonicMinor, Middle) => &[[3, 0, 5, 4], [5, 0, 3, 4]],
        (Mode::HarmonicMinor, Closing) => &[[0, 3, 4, 0], [0, 5, 4, 0]],
    }
}

/// Lengths of the chords of a phrase, in beats.
fn slots(beats: u32, role: Role) -> Vec<u32> {
    match beats {
        0..=3 => vec![beats],
        4 | 5 if role == Role::Closing => vec![1, 1, beats - 2],
        4 | 5 => vec![beats - 2, 1, 1],
        6 => vec![3, 3],
        7 => vec![4, 3],
        _ => {
            let quarter = beats / 4;
            vec![quarter, quarter, quarter, beats - 3 * quarter]
        }
    }
}

/// The chords of a phrase that starts at `start` ticks.
pub(super) fn phrase(mode: Mode, role: Role, start: u32, beats: u32, rng: &mut Rng) -> Vec<Chord> {
    let roots = rng.pick(progressions(mode, role));
    let slots = slots(beats, role);
    // A short phrase keeps its first chord and its cadence.
    let chosen: Vec<i32> = match slots.len() {
        1 => vec![roots[3]],
        2 if role == Role::Closing => vec![roots[2], roots[3]],
        2 => vec![roots[0], roots[3]],
        3 => vec![roots[0], roots[2], roots[3]],
        _ => roots.to_vec(),
    };
    let mut at = start;
    chosen
        .into_iter()
        .zip(slots)
        .map(|(root, beats)| {
            let length = beats * TICKS;
            at += length;
            Chord { root, start: at - length, length, raised: mode == Mode::Aeolian && root == 4 }
        })
        .collect()
}

/// The chord that sounds at a time.
///
/// # Panics
/// If `chords` is empty.
pub(super) fn at(chords: &[Chord], time: u32) -> Chord {
    *chords.iter().find(|chord| time < chord.end()).unwrap_or(&chords[chords.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_fill_their_bars() {
        for bars in 1..=16 {
            assert_eq!(form(bars).iter().map(|(_, bars)| bars).sum::<u32>(), bars);
            assert_eq!(form(bars).last().map(|(role, _)| *role), Some(Role::Closing));
        }
    }

    #[test]
    fn phrases_end_on_their_cadence_and_chords_leave_no_gap() {
        for mode in Mode::ALL {
            for role in [Role::Opening, Role::Answer, Role::Middle, Role::Closing] {
                for beats in 1..20 {
                    let chords = phrase(mode, role, 960, beats, &mut Rng::new(u64::from(beats), "test"));
                    assert_eq!(chords[0].start, 960);
                    assert!(chords.windows(2).all(|pair| pair[0].end() == pair[1].start));
                    let last = chords[chords.len() - 1];
                    assert_eq!(last.end(), 960 + beats * TICKS);
                    assert_eq!(
                        last.root == 0,
                        matches!(role, Role::Answer | Role::Closing) || last.root == 0
                    );
                    assert!(
                        !matches!(role, Role::Answer | Role::Closing) || last.root == 0,
                        "{mode:?} {role:?}"
                    );
                }
            }
        }
    }
}
