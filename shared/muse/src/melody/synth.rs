//! Score to sound with the built-in instruments.

mod drums;
mod harmonic;
mod ringing;
mod room;
mod timbre;

use super::instrument::Instrument;
use super::mood::Mood;
use super::recording::{RATE, Recording};
use super::score::{Note, Part, Score};
use crate::rng::Rng;
use harmonic::{Tone, Waves};
use std::collections::HashMap;
use std::rc::Rc;
use timbre::Sound;

/// Silence before the first note: encoders smear a sharp onset backwards.
const LEAD_IN_S: f64 = 0.03;
/// Time for the last notes to ring, before the mastering fades them out.
const TAIL_S: f64 = 2.6;

/// A part's gain, pan (-1 left to 1 right), and send to the room.
fn place(part: Part) -> (f32, f32, f32) {
    match part {
        Part::Melody => (0.34, -0.06, 1.0),
        Part::Second => (0.17, 0.34, 1.1),
        Part::Chords => (0.16, -0.30, 1.0),
        Part::Bass => (0.30, 0.0, 0.25),
        Part::Drums => (0.34, 0.08, 0.45),
    }
}

/// The gain that makes an instrument as loud as the others at the same velocity.
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

/// Caches: waves by instrument and pitch, strokes by drum.
struct Workshop {
    sine: Vec<f32>,
    waves: HashMap<(Instrument, u8), Rc<Waves>>,
    strokes: HashMap<u8, Rc<Vec<f32>>>,
}

impl Workshop {
    fn note(&mut self, instrument: Instrument, pitch: u8, tone: &Tone, rng: &mut Rng) -> Vec<f32> {
        match timbre::sound(instrument) {
            Sound::Harmonic(sound) => {
                let sine = &self.sine;
                let waves = self
                    .waves
                    .entry((instrument, pitch))
                    .or_insert_with(|| Waves::new(&sound, tone.hertz, sine));
                harmonic::play(&sound, waves, tone, rng)
            }
            Sound::Pluck { ring_s, bright } => ringing::pluck(ring_s, bright, tone, rng),
            Sound::Bar(partials) => ringing::bar(partials, tone),
        }
    }

    fn stroke(&mut self, drum: u8, rng: &mut Rng) -> Rc<Vec<f32>> {
        Rc::clone(self.strokes.entry(drum).or_insert_with(|| Rc::new(drums::play(drum, rng))))
    }
}

/// The dry mix, and what the room receives.
struct Mix {
    dry: Recording,
    send: Vec<f32>,
}

impl Mix {
    fn add(&mut self, from: usize, samples: &[f32], gain: f32, pan: f32, sent: f32) {
        // Constant power: both sides at 0.707 in the middle.
        let angle = (pan + 1.0) * std::f32::consts::FRAC_PI_4;
        let (l, r) = (gain * libm::cosf(angle), gain * libm::sinf(angle));
        let length = samples.len().min(self.dry.left.len().saturating_sub(from));
        let range = from..from + length;
        for ((left, right), (send, sample)) in self.dry.left[range.clone()]
            .iter_mut()
            .zip(&mut self.dry.right[range.clone()])
            .zip(self.send[range].iter_mut().zip(samples))
        {
            *left += l * sample;
            *right += r * sample;
            *send += gain * sent * sample;
        }
    }
}

/// Plays every note to the end of its release and adds the room.
pub(super) fn play(score: &Score, mood: &Mood, seed: u64) -> Recording {
    let mut rng = Rng::new(seed, "players");
    let dry = Recording::silence(LEAD_IN_S + score.seconds(score.end()) + TAIL_S);
    let mut mix = Mix { send: vec![0.0; dry.left.len()], dry };
    let mut workshop =
        Workshop { sine: harmonic::sine_table(), waves: HashMap::new(), strokes: HashMap::new() };
    for note in &score.notes {
        add_note(&mut mix, &mut workshop, score, note, &mut rng);
    }
    let (ring_s, heard) = mood.room;
    let (wet_left, wet_right) = room::echoes(&mix.send, ring_s);
    let Recording { mut left, mut right } = mix.dry;
    for (dry, wet) in left.iter_mut().zip(wet_left).chain(right.iter_mut().zip(wet_right)) {
        *dry += wet * heard;
    }
    Recording { left, right }
}

fn add_note(mix: &mut Mix, workshop: &mut Workshop, score: &Score, note: &Note, rng: &mut Rng) {
    let start_s = LEAD_IN_S + score.seconds(note.start);
    // Up to four milliseconds late, as players are; too little to be heard as such.
    let late = f64::from(rng.unit()) * 0.004;
    let from = ((start_s + late) * f64::from(RATE)) as usize;
    let (gain, pan, sent) = place(note.part);
    let loud = gain * (0.25 + 0.75 * note.velocity) * note.velocity.sqrt();
    match score.band.instrument(note.part) {
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
