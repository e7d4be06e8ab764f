//! Reverberation: a feedback delay network of eight lines (Jot 1991) with a Householder mix.

use crate::melody::recording::RATE;

/// Lengths of the lines in samples: primes, so that echoes do not coincide.
const LENGTHS: [usize; 8] = [1187, 1399, 1613, 1847, 2089, 2311, 2557, 2791];
/// Samples before the first echo.
const PREDELAY: usize = 660;
/// Coefficient of the one-pole low-pass in each line.
const DAMPING: f32 = 0.36;

struct Line {
    samples: Vec<f32>,
    at: usize,
    damped: f32,
    keep: f32,
}

/// Stereo echoes of a mono `send`, of the same length. `ring_s` is the decay time (60 dB).
pub(super) fn echoes(send: &[f32], ring_s: f32) -> (Vec<f32>, Vec<f32>) {
    let mut lines = LENGTHS.map(|length| Line {
        samples: vec![0.0; length],
        at: 0,
        damped: 0.0,
        keep: libm::powf(10.0, -3.0 * length as f32 / (ring_s * RATE as f32)),
    });
    let (mut left, mut right) = (Vec::with_capacity(send.len()), Vec::with_capacity(send.len()));
    let mut high_pass = 0.0f32;
    for i in 0..send.len() {
        let dry = if i >= PREDELAY { send[i - PREDELAY] } else { 0.0 };
        // Without lows, which would muddy the bass.
        high_pass += 0.022 * (dry - high_pass);
        let input = (dry - high_pass) * 0.35;
        let mut outs = [0.0f32; 8];
        for (out, line) in outs.iter_mut().zip(&mut lines) {
            let read = line.samples[line.at];
            line.damped = read + (line.damped - read) * DAMPING;
            *out = line.damped * line.keep;
        }
        let sum = outs.iter().sum::<f32>() * 0.25;
        for (out, line) in outs.iter().zip(&mut lines) {
            line.samples[line.at] = input + out - sum;
            line.at = if line.at + 1 == line.samples.len() { 0 } else { line.at + 1 };
        }
        left.push(outs[0] - outs[2] + outs[4] - outs[6]);
        right.push(outs[1] - outs[3] + outs[5] - outs[7]);
    }
    (left, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clap_rings_out() {
        let mut send = vec![0.0; RATE as usize * 3];
        send[0] = 1.0;
        let (left, right) = echoes(&send, 1.0);
        let power = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>();
        let second = RATE as usize;
        assert!(power(&left[..second / 4]) > 1e-3 && power(&right[..second / 4]) > 1e-3);
        assert!(power(&left[2 * second..]) < 1e-6 * power(&left[..second]));
        assert!(left.iter().zip(&right).any(|(l, r)| (l - r).abs() > 1e-3), "both sides are the same");
    }
}
