//! `semblante compose`: the melody of an emotion.

use super::artwork::{self, Mood, Target};
use crate::exit::{Exit, UsageError};
use crate::print::Printer;
use anyhow::Context;
use domain::MadeBy;
use muse::melody::mode::pitch_name;
use muse::melody::soundfont::SoundFont;
use muse::{Melody, MelodySettings};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub const EXAMPLES: &str = "\
Examples:
  semblante compose --emotion SAD --seed 7 -o sad.mp3 --midi sad.mid
  semblante compose --emotion HAPPY --bars 8 --soundfont piano.sf2 -o happy.mp3
  semblante compose --emotion CALM --valence 0.9 --arousal -0.8 -o - | mpv -

The same emotion, valence, arousal, seed, bars and instruments give the same bytes.";

#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    mood: Mood,
    /// Length in bars, 1 to 16; default: the emotion's own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=16), allow_hyphen_values = true)]
    bars: Option<u32>,
    /// Play with the instruments of a SoundFont 2 file
    #[arg(long, value_name = "FILE")]
    soundfont: Option<PathBuf>,
    /// MP3 to write; - writes it to standard output
    #[arg(short, long, value_name = "FILE|-", value_parser = Target::parse)]
    output: Target,
    /// MIDI score to write as well
    #[arg(long, value_name = "FILE|-", value_parser = Target::parse)]
    midi: Option<Target>,
}

#[derive(Serialize)]
struct Made<'a> {
    file: String,
    midi: Option<String>,
    key: &'a str,
    tonic: u8,
    mode: &'a str,
    bpm: f64,
    seconds: f64,
    lufs: f64,
    made_by: &'a MadeBy,
}

pub fn run(arguments: &Arguments, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    let Arguments { mood, bars, soundfont, output, midi } = arguments;
    let targets: Vec<&Target> = std::iter::once(output).chain(midi).collect();
    artwork::refuse_mixed_output(&targets, printer)?;
    refuse_wrong_targets(output, midi.as_ref())?;
    let soundfont = soundfont.as_deref().map(instruments).transpose()?;
    let melody = muse::compose(&mood.affect(), mood.seed, &MelodySettings { bars: *bars, soundfont })?;
    output.write("-o", &melody.mp3)?;
    if let Some(midi) = midi {
        midi.write("--midi", &melody.midi)?;
    }
    let made = made(arguments, &melody);
    let Made { file, key, mode, bpm, seconds, lufs, .. } = &made;
    let line = format!("{file}: {}, {key} {mode}, {bpm} bpm, {seconds} s, {lufs} LUFS", mood.emotion);
    artwork::report(&made, line, &targets, printer)?;
    Ok(Exit::Success)
}

fn refuse_wrong_targets(output: &Target, midi: Option<&Target>) -> Result<(), UsageError> {
    if let Some(ending) = output.ending().filter(|ending| ending != "mp3") {
        let hint = if ending.starts_with("mid") { "; --midi writes the score" } else { "" };
        return Err(UsageError(format!("-o {}: compose writes .mp3, not .{ending}{hint}", output.name())));
    }
    if let Some(midi) = midi.filter(|midi| midi.is_same_as(output)) {
        return Err(UsageError(format!("-o {} and --midi {} are the same file", output.name(), midi.name())));
    }
    match midi.and_then(|midi| Some((midi, midi.ending()?))) {
        Some((midi, ending)) if !matches!(ending.as_str(), "mid" | "midi") => Err(UsageError(format!(
            "--midi {}: compose writes the score as .mid, not .{ending}",
            midi.name()
        ))),
        _ => Ok(()),
    }
}

fn instruments(file: &Path) -> anyhow::Result<Arc<SoundFont>> {
    let name = || format!("--soundfont {}", file.display());
    let bytes = std::fs::read(file).with_context(name)?;
    Ok(Arc::new(SoundFont::parse(&bytes).with_context(name)?))
}

fn made<'a>(arguments: &Arguments, melody: &'a Melody) -> Made<'a> {
    let score = &melody.score;
    Made {
        file: arguments.output.name(),
        midi: arguments.midi.as_ref().map(Target::name),
        key: pitch_name(score.tonic),
        tonic: score.tonic,
        mode: score.mode.as_str(),
        bpm: score.bpm,
        seconds: (melody.seconds * 1000.0).round() / 1000.0,
        lufs: (melody.lufs * 100.0).round() / 100.0,
        made_by: &melody.made_by,
    }
}
