//! Loudness, faults, key and tempo of a recording.

use crate::{key, spectrum, tempo};
use ebur128::{EbuR128, Mode as Measure};
use muse::melody::mode::Mode;

/// The measures of one recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sound {
    pub seconds: f64,
    /// Integrated loudness by BS.1770-4.
    pub lufs: f64,
    /// True peak, 4 × oversampled.
    pub true_peak_db: f64,
    /// Silence (below -60 dBFS) before the first sound, in seconds.
    pub lead_s: f64,
    /// Silence after the last sound, in seconds.
    pub tail_s: f64,
    /// The longest silence between sounds, in seconds.
    pub gap_s: f64,
    /// Breaks of single samples.
    pub clicks: usize,
    /// The key finder's tonic, 0 = C.
    pub tonic: u8,
    /// Beats a minute; 0 without onsets.
    pub bpm: f64,
}

impl Sound {
    /// Measures interleaved stereo samples.
    pub fn measure(stereo: &[f32], rate: u32) -> Result<Sound, ebur128::Error> {
        let mut meter = EbuR128::new(2, rate, Measure::I | Measure::TRUE_PEAK)?;
        meter.add_frames_f32(stereo)?;
        let peak = meter.true_peak(0)?.max(meter.true_peak(1)?);
        let mono = mono(stereo);
        let (lead_s, tail_s, gap_s) = silences(&mono, rate);
        let chroma = spectrum::chroma(&mono, rate);
        let (tonic, _) = key::find(&chroma);
        Ok(Sound {
            seconds: mono.len() as f64 / f64::from(rate),
            lufs: meter.loudness_global()?,
            true_peak_db: 20.0 * libm::log10(peak.max(1e-9)),
            lead_s,
            tail_s,
            gap_s,
            clicks: clicks(&mono),
            tonic,
            bpm: tempo::find(&mono, rate).unwrap_or(0.0),
        })
    }
}

/// The mode heard on a known tonic.
pub fn mode(stereo: &[f32], rate: u32, tonic: u8) -> Mode {
    key::find_mode(&spectrum::chroma(&mono(stereo), rate), tonic)
}

/// The mean of both channels.
fn mono(stereo: &[f32]) -> Vec<f32> {
    stereo.chunks_exact(2).map(|pair| 0.5 * (pair[0] + pair[1])).collect()
}

/// Seconds of silence before, after, and the longest between sounds.
fn silences(mono: &[f32], rate: u32) -> (f64, f64, f64) {
    const SILENT: f32 = 0.001;
    let seconds = |samples: usize| samples as f64 / f64::from(rate);
    let Some(first) = mono.iter().position(|x| x.abs() > SILENT) else {
        let all = seconds(mono.len());
        return (all, all, all);
    };
    let (mut last, mut longest) = (first, 0);
    for (i, sample) in mono.iter().enumerate().skip(first) {
        if sample.abs() > SILENT {
            longest = longest.max(i - last);
            last = i;
        }
    }
    (seconds(first), seconds(mono.len() - 1 - last), seconds(longest))
}

/// Samples whose second difference is above 0.05 and twenty times the mean around it. A drum stroke is bright for many
/// samples, a click for one or two.
fn clicks(mono: &[f32]) -> usize {
    const AROUND: usize = 128;
    let bend: Vec<f32> = mono.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).collect();
    let mut sum: f32 = bend.iter().take(AROUND).sum();
    let mut found = 0;
    for i in AROUND / 2..bend.len().saturating_sub(AROUND / 2) {
        let mean = sum / AROUND as f32;
        if bend[i] > 0.05 && bend[i] > 20.0 * mean {
            found += 1;
        }
        if i + AROUND / 2 < bend.len() {
            sum += bend[i + AROUND / 2] - bend[i - AROUND / 2];
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_in_a_sine_is_a_click_and_the_sine_is_not() {
        let mut sine: Vec<f32> = (0..44_100).map(|i| 0.5 * libm::sinf(i as f32 * 0.06)).collect();
        assert_eq!(clicks(&sine), 0);
        sine[20_000..].iter_mut().for_each(|x| *x += 0.3);
        assert!(clicks(&sine) >= 1);
    }

    #[test]
    fn silences_are_measured() {
        let mut sound = vec![0.0f32; 4000];
        sound[1000..1500].fill(0.1);
        sound[2500..3000].fill(0.1);
        let (lead, tail, gap) = silences(&sound, 1000);
        assert!((lead - 1.0).abs() < 0.01 && (tail - 1.0).abs() < 0.01 && (gap - 1.0).abs() < 0.01);
    }
}
