//! Sounds of harmonic partials: a crossfade of a bright and a dull single-cycle wave.

use super::timbre::Harmonic;
use crate::melody::recording::RATE;
use crate::rng::Rng;
use std::rc::Rc;

/// Samples of one cycle.
const CYCLE: usize = 2048;
/// Highest partial in hertz: higher ones sound harsh and alias.
const CEILING: f32 = 9_000.0;
/// Samples between updates of vibrato and envelope slopes.
const BLOCK: usize = 32;

/// Samples of one cycle as (bright, dull), with one more than [`CYCLE`] for the interpolation.
pub(super) struct Waves(Vec<(f32, f32)>);

pub(super) fn sine_table() -> Vec<f32> {
    (0..CYCLE).map(|i| libm::sinf(i as f32 / CYCLE as f32 * std::f32::consts::TAU)).collect()
}

impl Waves {
    /// The waves of `sound` at a frequency, of equal power.
    pub(super) fn new(sound: &Harmonic, hertz: f32, sine: &[f32]) -> Rc<Self> {
        let partials = ((CEILING / hertz) as usize).clamp(1, 40);
        let mut waves = vec![(0.0f32, 0.0f32); CYCLE + 1];
        let (mut bright_power, mut dull_power) = (0.0, 0.0);
        for n in 1..=partials {
            let even = if n % 2 == 0 { sound.even } else { 1.0 };
            let bright = even * libm::powf(n as f32, -sound.rolloff);
            let dull = even * libm::powf(n as f32, -sound.rolloff - 1.5);
            bright_power += bright * bright;
            dull_power += dull * dull;
            // Different phases keep the peak low at the same loudness.
            let phase = n * n * 211;
            for (i, (b, d)) in waves.iter_mut().enumerate() {
                let s = sine[(i * n + phase) % CYCLE];
                *b += bright * s;
                *d += dull * s;
            }
        }
        let (bright, dull) = (1.0 / bright_power.sqrt(), 1.0 / dull_power.sqrt());
        Rc::new(Waves(waves.into_iter().map(|(b, d)| (b * bright, d * dull)).collect()))
    }

    #[inline]
    fn at(&self, phase: u32, bright: f32) -> f32 {
        let index = (phase >> 21) as usize;
        let part = (phase & 0x1f_ffff) as f32 / 0x20_0000 as f32;
        let ((b0, d0), (b1, d1)) = (self.0[index], self.0[index + 1]);
        let (b, d) = (b0 + (b1 - b0) * part, d0 + (d1 - d0) * part);
        d + (b - d) * bright
    }
}

/// A note without its timbre.
pub(super) struct Tone {
    pub(super) hertz: f32,
    /// Seconds until its release.
    pub(super) held_s: f32,
    /// Loudness in 0..1, as MIDI has it.
    pub(super) velocity: f32,
}

/// A note with its release.
pub(super) fn play(sound: &Harmonic, waves: &Waves, tone: &Tone, rng: &mut Rng) -> Vec<f32> {
    let rate = RATE as f32;
    let held = (tone.held_s.max(sound.attack_s + 0.01) * rate) as usize;
    let samples = held + (sound.release_s * rate) as usize;
    let players: &[f32] = if sound.detune_cents > 0.0 { &[-0.5, 0.04, 0.5] } else { &[0.0] };
    let mut phases: Vec<u32> = players.iter().map(|_| rng.bits() as u32).collect();
    phases[0] = 0;
    let vibrato_start = rng.unit();
    let mut breath = 0.0f32;
    let mut envelope = Envelope::new(sound, held, samples);
    let scale = 1.0 / (players.len() as f32).sqrt();
    let mut out = Vec::with_capacity(samples + BLOCK);
    let mut steps = vec![0u32; players.len()];
    while out.len() < samples {
        let seconds = out.len() as f32 / rate;
        let vibrato = vibrato(sound, seconds, vibrato_start);
        for (step, place) in steps.iter_mut().zip(players) {
            let cents = place * sound.detune_cents + vibrato;
            // The first two terms of 2^(cents/1200): under 50 cents they are right to 0.02 cents.
            let x = cents * (std::f32::consts::LN_2 / 1200.0);
            let bend = 1.0 + x + 0.5 * x * x;
            *step = (f64::from(tone.hertz * bend) / f64::from(RATE) * 4_294_967_296.0) as u32;
        }
        let shine = if sound.shine_s > 0.0 { libm::expf(-seconds / sound.shine_s) } else { 1.0 };
        let bright = sound.bright * shine * (0.45 + 0.55 * tone.velocity);
        let tremble = 1.0 - sound.tremolo * (0.5 + 0.5 * wave(seconds * 11.0 + vibrato_start));
        let (from, slope) = envelope.block(out.len());
        for i in 0..BLOCK {
            let mut value = 0.0;
            for (phase, step) in phases.iter_mut().zip(&steps) {
                value += waves.at(*phase, bright);
                *phase = phase.wrapping_add(*step);
            }
            value *= scale;
            if sound.breath > 0.0 {
                breath += 0.12 * (rng.around(1.0) - breath);
                value += breath * sound.breath * 6.0;
            }
            if sound.drive > 0.0 {
                let pushed = value * (1.0 + sound.drive);
                value = pushed / (1.0 + pushed.abs() * 0.5);
            }
            out.push(value * (from + slope * i as f32).max(0.0) * tremble);
        }
    }
    out.truncate(samples);
    fade_end(&mut out);
    out
}

/// A parabolic approximation of a sine over one turn.
fn wave(turns: f32) -> f32 {
    let t = turns - turns.floor();
    if t < 0.5 { 16.0 * t * (0.5 - t) } else { -16.0 * (t - 0.5) * (1.0 - t) }
}

/// Deviation from the pitch in cents; it fades in over the first half second, as players do it.
fn vibrato(sound: &Harmonic, seconds: f32, start: f32) -> f32 {
    let depth = ((seconds - 0.12) / 0.3).clamp(0.0, 1.0);
    sound.vibrato_cents * depth * wave(seconds * 5.3 + start)
}

/// Fades the last five milliseconds, so that no note ends with a click.
pub(super) fn fade_end(samples: &mut [f32]) {
    let fade = (RATE as usize / 200).min(samples.len());
    let from = samples.len() - fade;
    for (i, sample) in samples[from..].iter_mut().enumerate() {
        *sample *= 1.0 - (i + 1) as f32 / fade as f32;
    }
}

/// Loudness over time: attack, decay to the sustained level, release. Times in samples.
struct Envelope {
    attack: f32,
    held: f32,
    end: f32,
    sustain: f32,
    decay: f32,
}

impl Envelope {
    fn new(sound: &Harmonic, held: usize, end: usize) -> Self {
        let rate = RATE as f32;
        Envelope {
            attack: sound.attack_s * rate,
            held: held as f32,
            end: end as f32,
            sustain: sound.sustain,
            decay: sound.decay_s * rate,
        }
    }

    fn level(&self, sample: f32) -> f32 {
        let open = |sample: f32| {
            let rise = (sample / self.attack).min(1.0);
            let fallen = libm::expf(-(sample - self.attack).max(0.0) / self.decay);
            rise * rise * (3.0 - 2.0 * rise) * (self.sustain + (1.0 - self.sustain) * fallen)
        };
        if sample <= self.held {
            open(sample)
        } else {
            let left = (1.0 - (sample - self.held) / (self.end - self.held)).max(0.0);
            open(self.held) * left * left
        }
    }

    /// The level at the start of a block, and its slope per sample.
    fn block(&mut self, start: usize) -> (f32, f32) {
        let from = self.level(start as f32);
        let to = self.level((start + BLOCK) as f32);
        (from, (to - from) / BLOCK as f32)
    }
}
