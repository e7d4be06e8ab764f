//! Percussion: swept sines and filtered noise.

use super::harmonic::fade_end;
use super::ringing::ring;
use crate::melody::instrument::drum;
use crate::melody::recording::RATE;
use crate::rng::Rng;

/// A stroke on a General MIDI drum key; unknown keys sound like a tom.
pub(super) fn play(key: u8, rng: &mut Rng) -> Vec<f32> {
    let mut out = match key {
        drum::KICK => sweep(0.32, 46.0, 105.0, 0.035, 1.5),
        drum::SNARE => {
            let mut out = noise(0.22, (900.0, 6500.0), 0.055, 0.9, rng);
            ring(&mut out, 185.0, 0.45, 0.14);
            ring(&mut out, 287.0, 0.22, 0.10);
            out
        }
        drum::CLAP => clap(rng),
        drum::HAT => noise(0.07, (5200.0, 8500.0), 0.018, 0.55, rng),
        drum::SHAKER => shaker(rng),
        drum::CRASH => noise(1.3, (2800.0, 7500.0), 0.32, 0.5, rng),
        drum::WOOD_HIGH => bars(&[(1020.0, 0.8, 0.10), (2480.0, 0.25, 0.05)]),
        drum::WOOD_LOW => bars(&[(640.0, 0.9, 0.13), (1560.0, 0.25, 0.06)]),
        drum::TRIANGLE => bars(&[(2980.0, 0.22, 1.1), (4730.0, 0.16, 0.9), (6120.0, 0.08, 0.6)]),
        _ => sweep(0.50, 68.0, 30.0, 0.05, 1.2),
    };
    let rise = (RATE as usize / 700).min(out.len());
    for (i, sample) in out[..rise].iter_mut().enumerate() {
        *sample *= i as f32 / rise as f32;
    }
    fade_end(&mut out);
    out
}

/// A sine that falls from `hertz + over` to `hertz`.
fn sweep(seconds: f32, hertz: f32, over: f32, fall_s: f32, loud: f32) -> Vec<f32> {
    let rate = RATE as f32;
    let mut turns = 0.0f32;
    (0..(seconds * rate) as usize)
        .map(|i| {
            let t = i as f32 / rate;
            turns += (hertz + over * libm::expf(-t / fall_s)) / rate;
            turns -= turns.floor();
            let body = libm::sinf(turns * std::f32::consts::TAU);
            loud * body * libm::expf(-t * 4.2 / seconds)
        })
        .collect()
}

/// Noise between two frequencies (6 dB an octave on both sides, twice above) that dies away.
fn noise(seconds: f32, (low, high): (f32, f32), fall_s: f32, loud: f32, rng: &mut Rng) -> Vec<f32> {
    let rate = RATE as f32;
    let pole = |hertz: f32| 1.0 - libm::expf(-std::f32::consts::TAU * hertz / rate);
    let (below, above) = (pole(low), pole(high));
    let fall = libm::expf(-1.0 / (fall_s * rate));
    let (mut floor, mut once, mut twice, mut level) = (0.0, 0.0, 0.0, loud);
    (0..(seconds * rate) as usize)
        .map(|_| {
            let white = rng.around(1.0);
            floor += below * (white - floor);
            once += above * (white - floor - once);
            twice += above * (once - twice);
            level *= fall;
            twice * level * 1.6
        })
        .collect()
}

fn clap(rng: &mut Rng) -> Vec<f32> {
    let mut out = vec![0.0; (0.24 * RATE as f32) as usize];
    for (at_s, loud) in [(0.0, 0.6), (0.011, 0.5), (0.023, 0.9)] {
        let burst = noise(0.2, (750.0, 4200.0), if loud > 0.8 { 0.045 } else { 0.007 }, loud, rng);
        let from = (at_s * RATE as f32) as usize;
        for (sample, value) in out[from..].iter_mut().zip(burst) {
            *sample += value;
        }
    }
    out
}

/// A shaker's stroke swells before it falls.
fn shaker(rng: &mut Rng) -> Vec<f32> {
    let mut out = noise(0.10, (4200.0, 7800.0), 0.05, 0.6, rng);
    let swell = 0.022 * RATE as f32;
    for (i, sample) in out.iter_mut().enumerate().take(swell as usize) {
        *sample *= i as f32 / swell;
    }
    out
}

fn bars(partials: &[(f32, f32, f32)]) -> Vec<f32> {
    let longest = partials.iter().map(|partial| partial.2).fold(0.0, f32::max);
    let mut out = vec![0.0; (longest * RATE as f32) as usize];
    for (hertz, loud, ring_s) in partials {
        ring(&mut out, *hertz, *loud, *ring_s);
    }
    out
}
