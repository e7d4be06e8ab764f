//! Short-time spectra of a recording: pitch classes and onsets.

use muse::melody::key::{Histogram, normalised};
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};
use std::f32::consts::TAU;
use std::sync::Arc;

/// Power spectra of Hann-windowed frames of one size.
struct Spectrum {
    fft: Arc<dyn Fft<f32>>,
    window: Vec<f32>,
}

impl Spectrum {
    fn new(size: usize) -> Self {
        let hann = |i: usize| 0.5 - 0.5 * libm::cosf(TAU * i as f32 / size as f32);
        Spectrum { fft: FftPlanner::new().plan_fft_forward(size), window: (0..size).map(hann).collect() }
    }

    /// The power at each of `size / 2` frequencies up to half the rate. A shorter frame is padded with silence.
    fn powers(&self, frame: &[f32]) -> Vec<f32> {
        let mut data = vec![Complex::ZERO; self.window.len()];
        for (value, (sample, weight)) in data.iter_mut().zip(frame.iter().zip(&self.window)) {
            value.re = sample * weight;
        }
        self.fft.process(&mut data);
        data[..data.len() / 2].iter().map(Complex::norm_sqr).collect()
    }
}

/// Pitch classes between 60 and 2100 Hz: spectral peaks without the share that is an overtone of a lower peak, compressed
/// so that loud notes do not mask the others.
pub(crate) fn chroma(samples: &[f32], rate: u32) -> Histogram {
    const SIZE: usize = 16_384;
    let spectrum = Spectrum::new(SIZE);
    let mut histogram = [0.0; 12];
    for start in (0..samples.len()).step_by(SIZE / 2) {
        let powers = spectrum.powers(&samples[start..(start + SIZE).min(samples.len())]);
        for (hertz, level) in peaks(&powers, rate as f32 / SIZE as f32) {
            let pitch = 69.0 + 12.0 * libm::log2f(hertz / 440.0);
            let off = (pitch - pitch.round()).abs();
            if off < 0.35 {
                histogram[(pitch.round() as i32).rem_euclid(12) as usize] += f64::from(level);
            }
        }
    }
    normalised(histogram)
}

/// Local maxima as (hertz, level), with reduced overtones.
fn peaks(powers: &[f32], bin_hertz: f32) -> Vec<(f32, f32)> {
    let (low, high) = ((60.0 / bin_hertz) as usize, (2100.0 / bin_hertz) as usize);
    let strongest = powers[low..high].iter().fold(0.0f32, |most, power| most.max(*power));
    let mut found: Vec<(f32, f32)> = Vec::new();
    if strongest <= 1e-9 {
        return found;
    }
    for i in low..high {
        let (before, here, after) = (powers[i - 1].sqrt(), powers[i].sqrt(), powers[i + 1].sqrt());
        if here < before || here <= after || powers[i] < strongest * 1e-4 {
            continue;
        }
        let shift = 0.5 * (before - after) / (before - 2.0 * here + after).min(-1e-12);
        let hertz = (i as f32 + shift) * bin_hertz;
        let mut level = here;
        for (lower, its_level) in &found {
            let ratio = hertz / lower;
            let n = ratio.round();
            if (2.0..7.0).contains(&n) && (ratio / n - 1.0).abs() < 0.012 {
                level -= its_level * 0.6 / n.sqrt();
            }
        }
        if level > 0.0 {
            found.push((hertz, level));
        }
    }
    found.into_iter().map(|(hertz, level)| (hertz, level.sqrt())).collect()
}

/// Samples between two values of [`onsets`].
pub(crate) const HOP: usize = 256;

/// Spectral flux: the rise of each frequency band from frame to frame, summed; high where notes begin.
pub(crate) fn onsets(samples: &[f32]) -> Vec<f32> {
    const SIZE: usize = 1024;
    const BANDS: usize = 24;
    let spectrum = Spectrum::new(SIZE);
    let edges: Vec<usize> = (0..=BANDS)
        .map(|band| 1 + (libm::powf((SIZE / 2 - 2) as f32, band as f32 / BANDS as f32)) as usize)
        .collect();
    let mut before = [0.0f32; BANDS];
    let mut flux = Vec::with_capacity(samples.len() / HOP + 1);
    for start in (0..samples.len()).step_by(HOP) {
        let powers = spectrum.powers(&samples[start..(start + SIZE).min(samples.len())]);
        let mut rise = 0.0;
        for (band, old) in before.iter_mut().enumerate() {
            let range = edges[band]..edges[band + 1].max(edges[band] + 1);
            let level = libm::logf(1.0 + 30.0 * powers[range].iter().sum::<f32>().sqrt());
            rise += (level - *old).max(0.0);
            *old = level;
        }
        flux.push(rise);
    }
    flux
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: &[f32], seconds: f32) -> Vec<f32> {
        let step = std::f32::consts::TAU / 44_100.0;
        (0..(seconds * 44_100.0) as usize)
            .map(|i| {
                hertz.iter().map(|h| 0.2 * libm::sinf((h * step * i as f32) % std::f32::consts::TAU)).sum()
            })
            .collect()
    }

    #[test]
    fn a_sine_is_one_peak_of_the_spectrum() {
        let powers = Spectrum::new(1024).powers(&tone(&[44_100.0 / 1024.0 * 100.0], 0.1));
        let most = (0..512).max_by(|a, b| powers[*a].total_cmp(&powers[*b])).unwrap();
        assert_eq!(most, 100);
        assert!(powers[100] > 1000.0 * powers[105]);
    }

    #[test]
    fn a_chord_shows_its_pitch_classes() {
        let chroma = chroma(&tone(&[261.63, 329.63, 392.0], 2.0), 44_100);
        assert!(chroma[0] + chroma[4] + chroma[7] > 0.95, "{chroma:?}");
    }

    #[test]
    fn onsets_are_where_notes_begin() {
        let mut sound = vec![0.0; 22_050];
        sound.extend(tone(&[440.0], 0.5));
        let flux = onsets(&sound);
        let most = (0..flux.len()).max_by(|a, b| flux[*a].total_cmp(&flux[*b])).unwrap();
        assert!((most * HOP).abs_diff(22_050) < 1200, "{}", most * HOP);
    }
}
