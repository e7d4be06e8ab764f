//! Score to sound, with our own instruments.

pub mod instrument;

mod bar;
mod drums;
mod harmonic;
mod pluck;
mod room;

use super::mood::Mood;
use super::score::{Note, Part, Score};
use crate::rng::Rng;
use harmonic::{Tone, Waves};
use instrument::{Instrument, Sound};
use std::collections::HashMap;
use std::rc::Rc;

/// Samples a second.
pub const RATE: u32 = 44_100;

/// Silence before the first note: an encoder smears a sharp onset, and there must be something to smear into.
const LEAD_IN_S: f64 = 0.03;
/// What rings after the last bar, in seconds, before the mastering fades it out.
const TAIL_S: f64 = 2.6;

/// A stereo recording at [`RATE`].
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The left channel, about -1..1.
    pub left: Vec<f32>,
    /// The right channel.
    pub right: Vec<f32>,
}

/// How loud a part is, where it stands (-1 left to 1 right), how much of it the room hears.
fn place(part: Part) -> (f32, f32, f32) {
    match part {
        Part::Melody => (0.34, -0.06, 1.0),
        Part::Second => (0.17, 0.34, 1.1),
        Part::Chords => (0.16, -0.30, 1.0),
        Part::Bass => (0.30, 0.0, 0.25),
        Part::Drums => (0.34, 0.08, 0.45),
    }
}

/// Instruments are measured at the same velocity; these even out how loud they seem.
fn trim(instrument: Instrument) -> f32 {
    match instrument {
        Instrument::Flute => 0.85,
        Instrument::Glockenspiel => 0.55,
        Instrument::Marimba => 1.0,
        Instrument::Glass => 0.75,
        Instrument::Lead => 0.55,
        Instrument::Brass => 0.75,
        Instrument::Bassoon => 0.95,
        Instrument::Harp | Instrument::Guitar => 1.25,
        Instrument::Pizzicato => 1.5,
        Instrument::PluckBass => 1.35,
        _ => 1.0,
    }
}

/// MIDI pitch to hertz, equal temperament, A4 = 440.
fn hertz(pitch: u8) -> f32 {
    440.0 * libm::exp2f((f32::from(pitch) - 69.0) / 12.0)
}

/// What has been made once: waves by instrument and pitch, strokes by drum.
struct Workshop {
    sine: Vec<f32>,
    waves: HashMap<(Instrument, u8), Rc<Waves>>,
    strokes: HashMap<u8, Rc<Vec<f32>>>,
}

impl Workshop {
    fn note(&mut self, instrument: Instrument, pitch: u8, tone: &Tone, rng: &mut Rng) -> Vec<f32> {
        match instrument.sound() {
            Sound::Harmonic(sound) => {
                let sine = &self.sine;
                let waves = self
                    .waves
                    .entry((instrument, pitch))
                    .or_insert_with(|| Waves::new(&sound, tone.hertz, sine));
                harmonic::play(&sound, waves, tone, rng)
            }
            Sound::Pluck { ring_s, bright } => pluck::play(ring_s, bright, tone, rng),
            Sound::Bar(partials) => bar::play(partials, tone),
        }
    }

    fn stroke(&mut self, drum: u8, rng: &mut Rng) -> Rc<Vec<f32>> {
        Rc::clone(self.strokes.entry(drum).or_insert_with(|| Rc::new(drums::play(drum, rng))))
    }
}

/// The tracks that notes are added to.
struct Mix {
    left: Vec<f32>,
    right: Vec<f32>,
    send: Vec<f32>,
}

impl Mix {
    fn add(&mut self, from: usize, samples: &[f32], gain: f32, pan: f32, sent: f32) {
        // Constant power: both sides at 0.707 in the middle.
        let angle = (pan + 1.0) * std::f32::consts::FRAC_PI_4;
        let (l, r) = (gain * libm::cosf(angle), gain * libm::sinf(angle));
        let length = samples.len().min(self.left.len().saturating_sub(from));
        let range = from..from + length;
        for ((left, right), (send, sample)) in self.left[range.clone()]
            .iter_mut()
            .zip(&mut self.right[range.clone()])
            .zip(self.send[range].iter_mut().zip(samples))
        {
            *left += l * sample;
            *right += r * sample;
            *send += gain * sent * sample;
        }
    }
}

/// Plays a score: every note to the end of its release, then the room.
pub(super) fn play(score: &Score, mood: &Mood, seed: u64) -> Recording {
    let mut rng = Rng::new(seed, "players");
    let length = ((LEAD_IN_S + score.seconds(score.end()) + TAIL_S) * f64::from(RATE)) as usize;
    let mut mix = Mix { left: vec![0.0; length], right: vec![0.0; length], send: vec![0.0; length] };
    let mut workshop =
        Workshop { sine: harmonic::sine_table(), waves: HashMap::new(), strokes: HashMap::new() };
    for note in &score.notes {
        add_note(&mut mix, &mut workshop, score, note, &mut rng);
    }
    let (ring_s, heard) = mood.room;
    let (wet_left, wet_right) = room::echoes(&mix.send, ring_s);
    for (dry, wet) in mix.left.iter_mut().zip(wet_left).chain(mix.right.iter_mut().zip(wet_right)) {
        *dry += wet * heard;
    }
    Recording { left: mix.left, right: mix.right }
}

fn add_note(mix: &mut Mix, workshop: &mut Workshop, score: &Score, note: &Note, rng: &mut Rng) {
    let start_s = LEAD_IN_S + score.seconds(note.start);
    // Nobody plays to the sample; nobody hears four milliseconds either.
    let late = f64::from(rng.unit()) * 0.004;
    let from = ((start_s + late) * f64::from(RATE)) as usize;
    let (gain, pan, sent) = place(note.part);
    let loud = gain * (0.25 + 0.75 * note.velocity) * note.velocity.sqrt();
    match score.band.of(note.part) {
        Some(instrument) => {
            let tone = Tone {
                hertz: hertz(note.pitch),
                held_s: score.seconds(note.length) as f32,
                velocity: note.velocity,
            };
            let samples = workshop.note(instrument, note.pitch, &tone, rng);
            // Chords spread over the stage by pitch, low to the left.
            let spread = if note.part == Part::Chords { (f32::from(note.pitch) - 60.0) * 0.045 } else { 0.0 };
            mix.add(from, &samples, loud * trim(instrument), (pan + spread).clamp(-0.8, 0.8), sent);
        }
        None => {
            let samples = workshop.stroke(note.pitch, rng);
            let aside = if note.pitch > 60 { 0.25 } else { 0.0 };
            mix.add(from, &samples, loud, pan + aside, sent);
        }
    }
}
