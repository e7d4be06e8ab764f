//! Struck bars: sines that ring out on their own.

use super::RATE;
use super::harmonic::{Tone, fade_end};

/// The note's samples; `partials` are (ratio to the pitch, loudness, seconds to fall by 60 dB).
pub(super) fn play(partials: &[(f32, f32, f32)], tone: &Tone) -> Vec<f32> {
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
