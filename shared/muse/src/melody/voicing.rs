//! Voice leading: chords in three voices with the least movement.

use super::harmony::Chord;
use super::mode::Mode;

/// Lowest and highest pitch.
const RANGE: (i32, i32) = (50, 70);

/// Three pitches for every chord; `tonic` is the tonic's pitch class.
pub(super) fn lead(mode: Mode, tonic: u8, chords: &[Chord]) -> Vec<[i32; 3]> {
    let mut voiced: Vec<[i32; 3]> = Vec::with_capacity(chords.len());
    for chord in chords {
        let before = voiced.last().copied().unwrap_or([54, 59, 64]);
        let best = candidates(mode, tonic, *chord)
            .into_iter()
            .min_by_key(|voices| movement(before, *voices))
            .unwrap_or(before);
        voiced.push(best);
    }
    voiced
}

/// The chord's close positions within the range.
fn candidates(mode: Mode, tonic: u8, chord: Chord) -> Vec<[i32; 3]> {
    let mut found = Vec::new();
    for inversion in 0..3 {
        for octave in 2..7 {
            let mut voices = [0, 2, 4]
                .map(|third| i32::from(tonic) + chord.semitones(mode, chord.root + third) + 12 * octave);
            for voice in voices.iter_mut().take(inversion) {
                *voice += 12;
            }
            voices.sort_unstable();
            if voices[0] >= RANGE.0 && voices[2] <= RANGE.1 {
                found.push(voices);
            }
        }
    }
    found
}

fn movement(from: [i32; 3], to: [i32; 3]) -> i32 {
    from.iter().zip(to).map(|(a, b)| (a - b).abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voices_move_little_and_spell_the_chord() {
        for mode in Mode::ALL {
            for tonic in 0..12 {
                let chords: Vec<Chord> = [0, 3, 4, 0, 5, 1, 4, 0]
                    .into_iter()
                    .enumerate()
                    .map(|(i, root)| Chord { root, start: i as u32 * 960, length: 960, raised: false })
                    .collect();
                let voiced = lead(mode, tonic, &chords);
                for (voices, chord) in voiced.iter().zip(&chords) {
                    for third in [0, 2, 4] {
                        let pitch = i32::from(tonic) + chord.semitones(mode, chord.root + third);
                        assert!(voices.iter().any(|voice| (voice - pitch) % 12 == 0));
                    }
                }
                assert!(voiced.windows(2).all(|pair| movement(pair[0], pair[1]) <= 9), "{mode:?} {tonic}");
            }
        }
    }
}
