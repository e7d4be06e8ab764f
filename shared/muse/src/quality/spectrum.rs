//! Short-time spectra of a recording, and what they say of pitch classes and onsets.

use super::key::{Histogram, normalised};

/// In-place radix-2 FFT (Cooley & Tukey 1965) with its tables made once.
pub struct Fft {
    size: usize,
    turns: Vec<(f32, f32)>,
}

impl Fft {
    /// For `size` samples, a power of two.
    ///
    /// # Panics
    /// If `size` is no power of two.
    pub fn new(size: usize) -> Self {
        assert!(size.is_power_of_two(), "{size} is no power of two");
        let turn = |k: usize| {
            let angle = -std::f32::consts::TAU * k as f32 / size as f32;
            (libm::cosf(angle), libm::sinf(angle))
        };
        Fft { size, turns: (0..size / 2).map(turn).collect() }
    }

    /// The power of each frequency up to half the rate, `size / 2` of them, of a Hann-windowed frame. Frames shorter
    /// than `size` are filled up with silence.
    pub fn powers(&self, frame: &[f32]) -> Vec<f32> {
        let n = self.size;
        let bits = n.trailing_zeros();
        let mut data = vec![(0.0f32, 0.0f32); n];
        for (i, sample) in frame.iter().take(n).enumerate() {
            let hann = 0.5 - 0.5 * self.cosine(i);
            data[i.reverse_bits() >> (usize::BITS - bits)] = (sample * hann, 0.0);
        }
        let mut span = 1;
        while span < n {
            for start in (0..n).step_by(span * 2) {
                for k in 0..span {
                    let (c, s) = self.turns[k * (n / 2 / span)];
                    let (re, im) = data[start + k + span];
                    let (re, im) = (re * c - im * s, re * s + im * c);
                    let (r0, i0) = data[start + k];
                    data[start + k] = (r0 + re, i0 + im);
                    data[start + k + span] = (r0 - re, i0 - im);
                }
            }
            span *= 2;
        }
        data[..n / 2].iter().map(|(re, im)| re * re + im * im).collect()
    }

    fn cosine(&self, i: usize) -> f32 {
        if i < self.size / 2 { self.turns[i].0 } else { -self.turns[i - self.size / 2].0 }
    }
}

/// How much each pitch class sounds between 60 and 2100 Hz: spectral peaks, compressed so that loud notes do not
/// drown the others, without the share of a peak that is an overtone of a lower one.
pub fn chroma(samples: &[f32], rate: u32) -> Histogram {
    const SIZE: usize = 16_384;
    let fft = Fft::new(SIZE);
    let mut histogram = [0.0; 12];
    for start in (0..samples.len()).step_by(SIZE / 2) {
        let powers = fft.powers(&samples[start..(start + SIZE).min(samples.len())]);
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

/// Local maxima as (hertz, level), overtones reduced.
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
pub const HOP: usize = 256;

/// How much louder each frequency band gets from frame to frame, summed: high where notes begin.
pub fn onsets(samples: &[f32]) -> Vec<f32> {
    const SIZE: usize = 1024;
    const BANDS: usize = 24;
    let fft = Fft::new(SIZE);
    let edges: Vec<usize> = (0..=BANDS)
        .map(|band| 1 + (libm::powf((SIZE / 2 - 2) as f32, band as f32 / BANDS as f32)) as usize)
        .collect();
    let mut before = [0.0f32; BANDS];
    let mut flux = Vec::with_capacity(samples.len() / HOP + 1);
    for start in (0..samples.len()).step_by(HOP) {
        let powers = fft.powers(&samples[start..(start + SIZE).min(samples.len())]);
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
        let fft = Fft::new(1024);
        let powers = fft.powers(&tone(&[44_100.0 / 1024.0 * 100.0], 0.1));
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
