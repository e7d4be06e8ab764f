//! Sounds that ring out on their own: plucked strings and struck bars.

use super::harmonic::{Tone, fade_end};
use crate::melody::recording::RATE;
use crate::rng::Rng;

/// Decay time of a damped string.
const DAMP_S: f32 = 0.07;

/// A note of a plucked string (Karplus & Strong 1983), tuned by an all-pass filter (Jaffe & Smith 1983). `ring_s` is the
/// undamped decay time (60 dB), `bright` 0..1.
pub(super) fn pluck(ring_s: f32, bright: f32, tone: &Tone, rng: &mut Rng) -> Vec<f32> {
    let rate = RATE as f32;
    let period = rate / tone.hertz;
    let held = (tone.held_s.max(0.06).min(ring_s * 1.2) * rate) as usize;
    let samples = held + (DAMP_S * 2.5 * rate) as usize;
    // The loop's filter averages two samples, `soft` of the second: it delays low partials by `soft` samples.
    let soft = 0.5 - 0.32 * bright * (0.5 + 0.5 * tone.velocity);
    let whole = (period - soft - 0.2) as usize;
    let part = period - soft - whole as f32;
    let all_pass = (1.0 - part) / (1.0 + part);
    let keep = libm::powf(10.0, -3.0 * period / (rate * ring_s));
    let damped = libm::powf(10.0, -3.0 * period / (rate * DAMP_S * 3.0));
    let mut string = excitation(whole.max(2), bright, tone.velocity, rng);
    let (mut at, mut before, mut passed_in, mut passed_out) = (0, 0.0, 0.0, 0.0);
    let mut out = Vec::with_capacity(samples);
    let rise = 0.0025 * rate;
    for i in 0..samples {
        let read = string[at];
        let filtered = read + (before - read) * soft;
        before = read;
        passed_out = all_pass * (filtered - passed_out) + passed_in;
        passed_in = filtered;
        string[at] = passed_out * if i < held { keep } else { damped };
        at = if at + 1 == string.len() { 0 } else { at + 1 };
        out.push(read * (i as f32 / rise).min(1.0) * 2.2);
    }
    fade_end(&mut out);
    out
}

/// The pluck: a burst of filtered noise without the partials that have a node at the plucking point.
fn excitation(length: usize, bright: f32, velocity: f32, rng: &mut Rng) -> Vec<f32> {
    let soften = 0.25 + 0.5 * bright * (0.4 + 0.6 * velocity);
    let mut smooth = 0.0;
    let noise: Vec<f32> = (0..length)
        .map(|_| {
            smooth += soften * (rng.around(1.0) - smooth);
            smooth
        })
        .collect();
    let node = (length as f32 * 0.23) as usize;
    let mut burst: Vec<f32> =
        (0..length).map(|i| noise[i] - 0.8 * noise[(i + length - node) % length]).collect();
    let mean = burst.iter().sum::<f32>() / length as f32;
    let power = burst.iter().map(|x| (x - mean) * (x - mean)).sum::<f32>() / length as f32;
    let level = 1.0 / power.sqrt().max(1e-6);
    burst.iter_mut().for_each(|x| *x = (*x - mean) * level * 0.5);
    burst
}

/// A note of a struck bar; `partials` are ratio to the pitch, loudness, decay time (60 dB).
pub(super) fn bar(partials: &[(f32, f32, f32)], tone: &Tone) -> Vec<f32> {
    let rate = RATE as f32;
    let longest = partials.iter().map(|partial| partial.2).fold(0.0, f32::max);
    let samples = (longest * 0.9 * rate) as usize;
    let mut out = vec![0.0f32; samples];
    for (ratio, loud, ring_s) in partials {
        let hertz = tone.hertz * ratio;
        if hertz > 12_000.0 {
            continue;
        }
        // High notes ring shorter, hard strokes bring out the upper partials.
        let ring_s = ring_s * (700.0 / hertz.max(200.0)).sqrt().clamp(0.4, 1.4);
        let hard = if *ratio > 1.0 { 0.4 + 0.6 * tone.velocity } else { 1.0 };
        ring(&mut out, hertz, loud * hard * 1.3, ring_s);
    }
    let rise = 0.0015 * rate;
    for (i, sample) in out.iter_mut().enumerate().take(rise as usize) {
        *sample *= i as f32 / rise;
    }
    fade_end(&mut out);
    out
}

/// Adds a decaying sine by the two-pole recursion, which costs two multiplications a sample.
pub(super) fn ring(out: &mut [f32], hertz: f32, loud: f32, ring_s: f32) {
    let angle = std::f64::consts::TAU * f64::from(hertz) / f64::from(RATE);
    let keep = libm::pow(10.0, -3.0 / f64::from(ring_s * RATE as f32));
    let turn = (2.0 * keep * libm::cos(angle)) as f32;
    let fall = (keep * keep) as f32;
    let (mut before, mut now) = (0.0f32, loud * libm::sin(angle) as f32);
    for sample in out.iter_mut() {
        *sample += before;
        (before, now) = (now, turn * now - fall * before);
    }
}
