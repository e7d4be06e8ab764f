//! Affect to melody.

pub mod master;
pub mod mode;
pub mod score;
pub mod soundfont;
pub mod synth;

mod arrange;
mod harmony;
mod midi;
mod mood;
mod mp3;
mod percussion;
mod rank;
mod rhythm;
mod tune;
mod voicing;

use crate::provenance::{self, Parameters};
use crate::rng::Rng;
use arrange::Draft;
use domain::{Affect, MadeBy};
use mood::Mood;
use score::{Score, TICKS};
use soundfont::SoundFont;
use std::sync::Arc;
use synth::{RATE, Recording};

/// How many melodies are written for the one that is kept.
const CANDIDATES: u64 = 64;

/// How to compose.
#[derive(Clone, Debug, Default)]
pub struct MelodySettings {
    /// Length in bars, within [`MelodySettings::BARS`]; none: the emotion's own, 12 to 20 seconds.
    pub bars: Option<u32>,
    /// Instruments to play with instead of our own.
    pub soundfont: Option<Arc<SoundFont>>,
}

impl MelodySettings {
    /// The lengths that can be composed.
    pub const BARS: std::ops::RangeInclusive<u32> = 1..=16;
}

/// A finished melody.
#[derive(Clone, Debug)]
pub struct Melody {
    /// The recording, 160 kb/s stereo with an ID3 tag.
    pub mp3: Vec<u8>,
    /// The score as a Standard MIDI File.
    pub midi: Vec<u8>,
    /// The score.
    pub score: Score,
    /// Seconds of the recording.
    pub seconds: f64,
    /// Integrated loudness before the MP3 encoder, in LUFS.
    pub lufs: f64,
    /// What made it.
    pub made_by: MadeBy,
}

/// Why no melody was made.
#[derive(Debug, thiserror::Error)]
pub enum MelodyError {
    /// Valence or arousal is NaN or infinite.
    #[error("valence and arousal must be finite")]
    NotFinite,
    /// The length is outside [`MelodySettings::BARS`].
    #[error("a melody of {0} bars cannot be composed: 1 to 16")]
    Bars(u32),
    /// The instruments made no sound.
    #[error("the instruments made no sound")]
    Silent,
    /// The SoundFont cannot be read or played.
    #[error("the SoundFont cannot be used: {0}")]
    SoundFont(String),
    /// The loudness could not be measured.
    #[error("the loudness could not be measured")]
    Loudness(#[from] ebur128::Error),
    /// The encoder failed.
    #[error("the melody could not be encoded: {0}")]
    Encoding(String),
}

/// A melody as it is played and mastered, before any encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    /// What is played.
    pub score: Score,
    /// How it sounds.
    pub recording: Recording,
    /// Its integrated loudness, in LUFS.
    pub lufs: f64,
}

/// Composes, plays and masters the melody of an affect.
///
/// # Errors
/// As [`compose`], but for its encoder's.
pub fn perform(affect: &Affect, seed: u64, settings: &MelodySettings) -> Result<Performance, MelodyError> {
    let (score, mood) = write(affect, seed, settings.bars)?;
    let mut recording = match &settings.soundfont {
        Some(soundfont) => soundfont.play(&score)?,
        None => synth::play(&score, &mood, seed),
    };
    let lufs = master::master(&mut recording)?;
    Ok(Performance { score, recording, lufs })
}

/// Composes, plays, masters and encodes the melody of an affect: the same bytes for the same affect, seed and settings.
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
    Ok(Melody { mp3, midi, seconds: seconds(&recording), lufs, score, made_by })
}

fn seconds(recording: &Recording) -> f64 {
    recording.left.len() as f64 / f64::from(RATE)
}

/// Writes the score alone: the best of 64 that are tried.
pub fn score(affect: &Affect, seed: u64, bars: Option<u32>) -> Result<Score, MelodyError> {
    write(affect, seed, bars).map(|(score, _)| score)
}

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

/// One melody of the many.
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
