//! The tempo of a recording, from its onsets.

use crate::spectrum::{HOP, onsets};

/// Lowest and highest tempo, in beats a minute.
const RANGE: (f64, f64) = (50.0, 220.0);

/// Beats a minute: the period with the strongest autocorrelation of onsets, weighted by the preferred tempo of listeners (a
/// log-normal curve around 110, one octave wide; Parncutt 1994). `None` without onsets.
pub(crate) fn find(samples: &[f32], rate: u32) -> Option<f64> {
    let flux = onsets(samples);
    let mean = flux.iter().sum::<f32>() / flux.len().max(1) as f32;
    let flux: Vec<f32> = flux.iter().map(|x| (x - mean).max(0.0)).collect();
    let frames_a_minute = 60.0 * f64::from(rate) / HOP as f64;
    let mut best: Option<(f64, f64)> = None;
    let mut bpm = RANGE.0;
    while bpm <= RANGE.1 {
        let period = frames_a_minute / bpm;
        let octaves = libm::log2(bpm / 110.0);
        let taste = libm::exp(-0.5 * octaves * octaves);
        let strength = comb(&flux, period) * taste;
        if best.is_none_or(|(most, _)| strength > most) && strength > 0.0 {
            best = Some((strength, bpm));
        }
        bpm *= 1.004;
    }
    best.map(|(_, bpm)| bpm)
}

/// Autocorrelation of the onsets at one, two and four beats; several beats resolve the period better.
fn comb(flux: &[f32], period: f64) -> f64 {
    [(1.0, 1.0), (2.0, 0.5), (4.0, 0.5)]
        .iter()
        .map(|(beats, weight)| weight * correlation(flux, period * beats))
        .sum()
}

fn correlation(flux: &[f32], lag: f64) -> f64 {
    let whole = lag as usize;
    let part = (lag - whole as f64) as f32;
    if flux.len() < whole + 8 {
        return 0.0;
    }
    let count = flux.len() - whole - 1;
    let sum: f32 = (0..count)
        .map(|i| flux[i] * (flux[i + whole] + (flux[i + whole + 1] - flux[i + whole]) * part))
        .sum();
    f64::from(sum) / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clicks_have_the_tempo_they_were_set_to() {
        for bpm in [65.0, 92.0, 129.0, 140.0] {
            let period = 60.0 / bpm * 44_100.0;
            let mut sound = vec![0.0f32; 44_100 * 12];
            for beat in 0..(12.0 * bpm / 60.0) as usize {
                let at = (beat as f64 * period) as usize;
                for (i, sample) in sound[at..].iter_mut().take(900).enumerate() {
                    *sample += libm::sinf(i as f32 * 0.3) * (1.0 - i as f32 / 900.0);
                }
            }
            let found = find(&sound, 44_100).unwrap();
            assert!((found / bpm - 1.0).abs() < 0.02, "{bpm} {found}");
        }
        assert_eq!(find(&vec![0.0; 44_100], 44_100), None);
    }
}
