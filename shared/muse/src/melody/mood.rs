//! The musical cues of an emotion in the order of their weight (Eerola, Friberg & Bresin 2013): mode, tempo, register,
//! dynamics, articulation, timbre. The cues are additive, so valence and arousal move each one on its own.

use super::instrument::Instrument::{self, *};
use super::mode::Mode;
use super::score::Band;
use crate::rng::Rng;
use domain::{Affect, Emotion};

/// A pattern of accompaniment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Texture {
    /// Short chords after the beat.
    OffBeat,
    /// One note of the chord on every beat.
    Arpeggio,
    /// Chords held for their length.
    Held,
    /// Repeated on every beat, with eighths between.
    Driven,
    /// On the beats after the first.
    Waltz,
    /// Broken upwards in eighths.
    Rolling,
}

/// A pattern of percussion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Groove {
    None,
    /// Kick, clap and shaker.
    Bright,
    /// Kick on every beat, snare, toms.
    Heavy,
    /// Low toms on every beat.
    Heartbeat,
    /// Wood blocks and a soft kick.
    Wood,
    /// Soft snare, shaker, triangle.
    Sparkling,
}

/// The parameters of composer and synthesiser.
#[derive(Clone, Debug)]
pub(super) struct Mood {
    pub(super) mode: Mode,
    pub(super) bpm: f64,
    pub(super) beats_per_bar: u32,
    pub(super) bars: u32,
    /// The melody's middle, as a MIDI pitch.
    pub(super) register: i32,
    /// Held share of a note's length: below 0.6 staccato, 1 legato.
    pub(super) gate: f32,
    /// Dynamics: loudness of the notes, 0..1.
    pub(super) force: f32,
    /// Share of short notes, 0..1.
    pub(super) density: f32,
    pub(super) band: Band,
    pub(super) texture: Texture,
    pub(super) groove: Groove,
    /// Reverberation time in seconds (60 dB), and its level.
    pub(super) room: (f32, f32),
}

fn band(melody: Instrument, second: Instrument, chords: Instrument, bass: Instrument) -> Band {
    Band { melody, second, chords, bass }
}

/// Mode, beats a minute, beats of a bar, bars.
fn time(emotion: Emotion) -> (Mode, f64, u32, u32) {
    match emotion {
        Emotion::Happy => (Mode::Ionian, 129.0, 4, 8),
        Emotion::Sad => (Mode::Aeolian, 65.0, 4, 4),
        Emotion::Calm => (Mode::Ionian, 75.0, 4, 4),
        Emotion::Angry => (Mode::Phrygian, 126.0, 4, 8),
        Emotion::Fear => (Mode::HarmonicMinor, 115.0, 4, 8),
        Emotion::Surprised => (Mode::Lydian, 136.0, 4, 8),
        Emotion::Confused => (Mode::Dorian, 104.0, 7, 4),
        Emotion::Disgusted => (Mode::Phrygian, 104.0, 3, 8),
        Emotion::Unknown => (Mode::Ionian, 92.0, 3, 8),
    }
}

/// Register, gate, force, density.
fn touch(emotion: Emotion) -> (i32, f32, f32, f32) {
    match emotion {
        Emotion::Happy => (74, 0.55, 0.75, 0.60),
        Emotion::Sad => (67, 1.00, 0.48, 0.30),
        Emotion::Calm => (72, 0.97, 0.45, 0.28),
        Emotion::Angry => (64, 0.80, 0.95, 0.70),
        Emotion::Fear => (76, 0.85, 0.60, 0.45),
        Emotion::Surprised => (79, 0.50, 0.85, 0.70),
        Emotion::Confused => (70, 0.70, 0.60, 0.50),
        Emotion::Disgusted => (60, 0.65, 0.70, 0.45),
        Emotion::Unknown => (72, 0.85, 0.55, 0.35),
    }
}

fn sound(emotion: Emotion) -> (Band, Texture, Groove, (f32, f32)) {
    use Texture::*;
    match emotion {
        Emotion::Happy => (band(Flute, Guitar, Guitar, RoundBass), OffBeat, Groove::Bright, (1.0, 0.16)),
        Emotion::Sad => (band(Cello, Choir, Harp, SoftBass), Arpeggio, Groove::None, (2.4, 0.34)),
        Emotion::Calm => (band(Keys, Choir, Harp, SoftBass), Arpeggio, Groove::None, (2.6, 0.34)),
        Emotion::Angry => (band(Lead, Brass, Brass, DrivenBass), Driven, Groove::Heavy, (0.9, 0.14)),
        Emotion::Fear => (band(Glass, Tremolo, Tremolo, SoftBass), Held, Groove::Heartbeat, (2.8, 0.34)),
        Emotion::Surprised => {
            (band(Glockenspiel, Flute, Pizzicato, RoundBass), Rolling, Groove::Sparkling, (1.4, 0.22))
        }
        Emotion::Confused => {
            (band(Clarinet, Marimba, Marimba, PluckBass), Rolling, Groove::Wood, (1.3, 0.20))
        }
        Emotion::Disgusted => (band(Bassoon, Clarinet, Brass, PluckBass), Waltz, Groove::Wood, (1.1, 0.16)),
        Emotion::Unknown => (band(Keys, Strings, Harp, SoftBass), Waltz, Groove::None, (1.8, 0.26)),
    }
}

impl Mood {
    /// The dominant emotion's cues, moved in proportion to the distance of the affect's point from that emotion's own
    /// point: arousal makes notes faster, louder, shorter and denser, valence makes them higher. Tempo varies by seed.
    pub(super) fn new(affect: &Affect, seed: u64) -> Self {
        let emotion = affect.dominant();
        let (own_valence, own_arousal) = emotion.point();
        let apart = |value: f64, own: f64| (value.clamp(-1.0, 1.0) - own).clamp(-1.0, 1.0);
        let (pleasure, stir) = (apart(affect.valence, own_valence), apart(affect.arousal, own_arousal));
        let (mode, bpm, beats_per_bar, bars) = time(emotion);
        let (register, gate, force, density) = touch(emotion);
        let (band, texture, groove, room) = sound(emotion);
        let mut rng = Rng::new(seed, "mood");
        let bpm = bpm * (1.0 + 0.06 * stir) + f64::from(rng.around(2.0));
        let lift = |value: f32, by: f64, low: f32| (value + by as f32).clamp(low, 1.0);
        Mood {
            mode,
            bpm: (bpm * 10.0).round() / 10.0,
            beats_per_bar,
            bars,
            register: register + (3.0 * pleasure).round() as i32,
            gate: lift(gate, -0.10 * stir, 0.4),
            force: lift(force, 0.12 * stir, 0.3),
            density: lift(density, 0.12 * stir, 0.1),
            band,
            texture,
            groove,
            room,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arousal_quickens_and_valence_lifts() {
        let calm = Affect::certain(Emotion::Calm);
        let base = Mood::new(&calm, 1);
        let stirred = Mood::new(&Affect { arousal: 0.6, ..calm.clone() }, 1);
        let glad = Mood::new(&Affect { valence: 1.0, ..calm }, 1);
        assert!(stirred.bpm > base.bpm && stirred.force > base.force && stirred.gate < base.gate);
        assert!(glad.register > base.register);
    }

    #[test]
    fn every_piece_lasts_twelve_to_twenty_seconds() {
        for emotion in Emotion::ALL {
            for (valence, arousal) in [(-1e9, -1e9), (1.0, 1.0), emotion.point()] {
                for seed in 0..50 {
                    let mood = Mood::new(&Affect { valence, arousal, ..Affect::certain(emotion) }, seed);
                    let seconds = f64::from(mood.bars * mood.beats_per_bar) * 60.0 / mood.bpm;
                    assert!(
                        (11.2..18.1).contains(&seconds),
                        "{emotion} {seconds}: the last note adds 1.5 to 2.3"
                    );
                }
            }
        }
    }
}
