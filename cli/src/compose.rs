//! `semblante compose`: the melody of an emotion.

use crate::exit::End;
use anyhow::Context;
use domain::{Affect, Emotion};
use muse::melody::mode::pitch_name;
use muse::melody::soundfont::SoundFont;
use muse::{Melody, MelodySettings};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante compose --emotion SAD --seed 7 -o sad.mp3 --midi sad.mid
  semblante compose --emotion HAPPY --bars 8 --soundfont piano.sf2 -o happy.mp3

The same emotion, seed, bars and instruments give the same bytes.";

/// What `compose` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// HAPPY, SAD, ANGRY, CONFUSED, DISGUSTED, SURPRISED, CALM, FEAR or UNKNOWN
    #[arg(long, value_name = "EMOTION", value_parser = Emotion::parse)]
    emotion: Emotion,
    /// Any whole number: another one, another melody
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Length in bars, 1 to 16; without it the emotion's own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16))]
    bars: Option<u32>,
    /// A SoundFont 2 file to play with
    #[arg(long, value_name = "FILE")]
    soundfont: Option<PathBuf>,
    /// The MP3
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Also write the score as MIDI
    #[arg(long, value_name = "FILE")]
    midi: Option<PathBuf>,
    /// Print what was composed, and by what, as JSON
    #[arg(long)]
    json: bool,
}

/// Composes.
pub fn run(arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<End> {
    let soundfont = match &arguments.soundfont {
        Some(file) => {
            let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
            Some(Arc::new(SoundFont::parse(&bytes).with_context(|| file.display().to_string())?))
        }
        None => None,
    };
    let settings = MelodySettings { bars: arguments.bars, soundfont };
    let melody = muse::compose(&Affect::certain(arguments.emotion), arguments.seed, &settings)?;
    write(&arguments.output, &melody.mp3)?;
    if let Some(file) = &arguments.midi {
        write(file, &melody.midi)?;
    }
    tell(arguments, &melody, out)?;
    Ok(End::Well)
}

fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, bytes).with_context(|| file.display().to_string())
}

fn tell(arguments: &Arguments, melody: &Melody, out: &mut impl Write) -> std::io::Result<()> {
    let (file, score) = (arguments.output.display().to_string(), &melody.score);
    let (key, mode, bpm) = (pitch_name(score.tonic), score.mode.as_str(), score.bpm);
    let seconds = (melody.seconds * 1000.0).round() / 1000.0;
    let lufs = (melody.lufs * 100.0).round() / 100.0;
    if !arguments.json {
        let emotion = arguments.emotion;
        return writeln!(out, "{file}: {emotion}, {key} {mode}, {bpm} bpm, {seconds} s, {lufs} LUFS");
    }
    let midi = arguments.midi.as_ref().map(|midi| midi.display().to_string());
    let told = json!({
        "file": file, "midi": midi, "key": key, "tonic": score.tonic, "mode": mode, "bpm": bpm,
        "seconds": seconds, "lufs": lufs, "made_by": melody.made_by,
    });
    writeln!(out, "{told:#}")
}
