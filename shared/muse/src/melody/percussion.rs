//! Drum patterns. Pitches are General MIDI drum keys.

use super::instrument::drum::*;
use super::mood::Groove;
use super::score::{Note, Part, TICKS};
use crate::rng::Rng;

/// A stroke of a pattern: eighth within the bar, drum key, loudness.
type Stroke = (u32, u8, f32);

fn pattern(groove: Groove, beats: u32) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    for beat in 0..beats {
        let at = beat * 2;
        let back = beat % 2 == 1;
        match groove {
            Groove::None => {}
            Groove::Bright => {
                strokes.push((at, if back { CLAP } else { KICK }, if back { 0.55 } else { 0.85 }));
                strokes.extend([(at, SHAKER, 0.30), (at + 1, SHAKER, 0.18)]);
            }
            Groove::Heavy => {
                strokes.push((at, KICK, 0.95));
                if back {
                    strokes.push((at, SNARE, 0.75));
                }
                strokes.extend([(at, HAT, 0.35), (at + 1, HAT, 0.18)]);
            }
            Groove::Heartbeat => {
                strokes.push((at, TOM, if back { 0.62 } else { 0.95 }));
                strokes.push((at, WOOD_LOW, if back { 0.10 } else { 0.16 }));
            }
            Groove::Wood => {
                strokes.push((
                    at,
                    if beat == 0 { WOOD_LOW } else { WOOD_HIGH },
                    if beat == 0 { 0.60 } else { 0.40 },
                ));
                strokes.push((at, KICK, if beat == 0 { 0.60 } else { 0.30 }));
            }
            Groove::Sparkling => {
                strokes.push((at, if back { SNARE } else { KICK }, if back { 0.38 } else { 0.70 }));
                strokes.push((at + 1, SHAKER, 0.20));
                if beat == 0 {
                    strokes.push((at, TRIANGLE, 0.30));
                }
            }
        }
    }
    strokes
}

/// Percussion for `bars` bars, with a fill before every fourth bar and a last stroke on the final bar's first beat.
pub(super) fn play(groove: Groove, beats: u32, bars: u32, force: f32, rng: &mut Rng) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut hit = |start: u32, pitch: u8, loud: f32| {
        let velocity = (loud * (0.6 + 0.4 * force)).clamp(0.05, 1.0);
        notes.push(Note { part: Part::Drums, start, length: TICKS / 4, pitch, velocity });
    };
    for bar in 0..bars {
        let start = bar * beats * TICKS;
        for (eighth, key, loud) in pattern(groove, beats) {
            hit(start + eighth * TICKS / 2, key, loud * rng.range(0.92, 1.0));
        }
        let turns = bar % 4 == 3 && bar + 1 < bars;
        match groove {
            Groove::Heavy if bar % 4 == 0 => hit(start, CRASH, 0.45),
            Groove::Heavy if turns => {
                for i in 0..3 {
                    hit(start + (beats - 1) * TICKS + (i + 1) * TICKS / 4, TOM, 0.55);
                }
            }
            Groove::Bright | Groove::Sparkling if turns => {
                hit(start + beats * TICKS - TICKS / 2, SNARE, 0.35);
                hit(start + beats * TICKS - TICKS / 4, SNARE, 0.30);
            }
            _ => {}
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_groove_marks_every_beat_and_ends_in_time() {
        for groove in [Groove::Bright, Groove::Heavy, Groove::Heartbeat, Groove::Wood, Groove::Sparkling] {
            for beats in [3, 4, 5] {
                let notes = play(groove, beats, 8, 0.7, &mut Rng::new(1, "test"));
                for beat in 0..beats * 8 {
                    assert!(notes.iter().any(|note| note.start == beat * TICKS), "{groove:?} {beats}");
                }
                assert!(notes.iter().all(|note| note.start < beats * 8 * TICKS));
            }
        }
        assert!(play(Groove::None, 4, 8, 1.0, &mut Rng::new(1, "test")).is_empty());
    }
}
