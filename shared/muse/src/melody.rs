//! Affect to melody.

pub mod key;
pub mod mode;
pub mod rank;
pub mod recording;
pub mod score;
pub mod soundfont;

mod arrange;
mod harmony;
mod instrument;
mod master;
mod midi;
mod mood;
mod mp3;
mod percussion;
mod rhythm;
mod synth;
mod tune;
mod voicing;

use crate::provenance::{self, Parameters};
use crate::rng::Rng;
use arrange::Draft;
use domain::{Affect, MadeBy};
use mood::Mood;
use recording::Recording;
use score::{Score, TICKS};
use soundfont::{SoundFont, SoundFontError};
use std::sync::Arc;

/// Candidates of which the best is kept.
const CANDIDATES: u64 = 64;

/// Parameters of a melody besides its affect and seed.
#[derive(Clone, Debug, Default)]
pub struct MelodySettings {
    /// Length in bars, within [`MelodySettings::BARS`]; `None`: the emotion's own, 12 to 20 seconds.
    pub bars: Option<u32>,
    /// Replaces the built-in instruments.
    pub soundfont: Option<Arc<SoundFont>>,
}

impl MelodySettings {
    /// The lengths that [`compose`] accepts.
    pub const BARS: std::ops::RangeInclusive<u32> = 1..=16;
}

/// A finished melody, encoded, with its score.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Melody {
    /// The recording, 160 kb/s stereo with an ID3 tag.
    pub mp3: Vec<u8>,
    /// The score as a Standard MIDI File.
    pub midi: Vec<u8>,
    pub score: Score,
    /// Length of the recording.
    pub seconds: f64,
    /// Integrated loudness before the MP3 encoder, in LUFS.
    pub lufs: f64,
    /// The provenance that is stored with it; the files carry it too.
    pub made_by: MadeBy,
}

/// Why no melody was made.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)]
pub enum MelodyError {
    #[error("valence and arousal must be finite")]
    NotFinite,
    /// The length is outside [`MelodySettings::BARS`].
    #[error("a melody of {0} bars cannot be composed: 1 to 16")]
    Bars(u32),
    #[error("the instruments made no sound")]
    Silent,
    #[error(transparent)]
    SoundFont(#[from] SoundFontError),
    #[error("the loudness could not be measured")]
    Loudness(#[from] ebur128::Error),
    #[error("the melody could not be encoded")]
    Encoding(#[from] rusty_mp3::Error),
}

/// A melody after mastering and before encoding.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Performance {
    pub score: Score,
    pub recording: Recording,
    /// Integrated loudness by BS.1770-4.
    pub lufs: f64,
}

/// Composes, plays and masters the melody of an affect: [`compose`] without the encoders.
pub fn perform(affect: &Affect, seed: u64, settings: &MelodySettings) -> Result<Performance, MelodyError> {
    let (score, mood) = write(affect, seed, settings.bars)?;
    let mut recording = match &settings.soundfont {
        Some(soundfont) => soundfont.play(&score)?,
        None => synth::play(&score, &mood, seed),
    };
    let lufs = master::master(&mut recording)?.ok_or(MelodyError::Silent)?;
    Ok(Performance { score, recording, lufs })
}

/// Composes, plays, masters and encodes the melody of an affect: the same bytes for the same affect, seed and settings.
/// Valence and arousal are clamped to -1..1.
pub fn compose(affect: &Affect, seed: u64, settings: &MelodySettings) -> Result<Melody, MelodyError> {
    let Performance { score, recording, lufs } = perform(affect, seed, settings)?;
    let kind = match &settings.soundfont {
        Some(soundfont) => format!("melody-{}", soundfont.digest()),
        None => "melody".to_owned(),
    };
    let parameters = Parameters { affect, seed, kind: &kind, extent: score.bars };
    let made_by = provenance::made_by(&parameters);
    let sentence = provenance::sentence(&parameters, &made_by);
    let title = format!(
        "{} in {} {}",
        affect.dominant(),
        mode::pitch_name(score.tonic),
        score.mode.as_str().replace('_', " ")
    );
    let mp3 = mp3::encode(&recording, &title, &sentence)?;
    let midi = midi::write(&score, &sentence);
    Ok(Melody { mp3, midi, seconds: recording.seconds(), lufs, score, made_by })
}

/// The best of [`CANDIDATES`] scores.
fn write(affect: &Affect, seed: u64, bars: Option<u32>) -> Result<(Score, Mood), MelodyError> {
    if !affect.valence.is_finite() || !affect.arousal.is_finite() {
        return Err(MelodyError::NotFinite);
    }
    let mood = Mood::new(affect, seed);
    let bars = bars.unwrap_or(mood.bars);
    if !MelodySettings::BARS.contains(&bars) {
        return Err(MelodyError::Bars(bars));
    }
    let tonic = Rng::new(seed, "tonic").below(12) as u8;
    let mut best = candidate(&mood, tonic, bars, seed, 0);
    let mut least = rank::penalty(&best);
    for attempt in 1..CANDIDATES {
        if least == 0.0 {
            break;
        }
        let next = candidate(&mood, tonic, bars, seed, attempt);
        let penalty = rank::penalty(&next);
        if penalty < least {
            (best, least) = (next, penalty);
        }
    }
    Ok((best, mood))
}

fn candidate(mood: &Mood, tonic: u8, bars: u32, seed: u64, attempt: u64) -> Score {
    let mut rng = Rng::new(seed.wrapping_mul(CANDIDATES).wrapping_add(attempt), "candidate");
    let mut start = 0;
    let (mut phrases, mut chords) = (Vec::new(), Vec::new());
    for (role, bars) in harmony::form(bars) {
        let beats = bars * mood.beats_per_bar;
        chords.extend(harmony::phrase(mood.mode, role, start, beats, &mut rng));
        phrases.push((role, start, beats * TICKS));
        start += beats * TICKS;
    }
    let tune = tune::write(mood, &phrases, &chords, &mut rng);
    Draft { mood, tonic, bars, tune: &tune, chords: &chords }.score(&mut rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Emotion;
    use score::Part;

    #[test]
    fn every_emotion_and_200_seeds_are_scores() {
        for emotion in Emotion::ALL {
            let affect = Affect::certain(emotion);
            for seed in 0..200 {
                let (score, _) = write(&affect, seed, Some(2)).unwrap();
                assert!(score.part(Part::Melody).count() >= 4, "{emotion} {seed}");
                assert!(score.notes.iter().all(|note| note.length > 0 && note.start < score.end()));
            }
        }
    }
}
