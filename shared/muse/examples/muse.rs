//! Paints and composes from the command line.

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use domain::{Affect, Emotion};
use jpeg_encoder::{ColorType, Encoder};
use muse::melody::mode::pitch_name;
use muse::melody::soundfont::SoundFont;
use muse::picture::style::Style;
use muse::{Melody, MelodySettings, PictureSettings, compose, paint};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// Pictures and melodies from an emotion.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Paints a picture.
    Paint(Painting),
    /// Composes a melody.
    Compose(Composition),
    /// Paints every style × emotion on one sheet.
    Sheet(Sheet),
}

#[derive(Args)]
struct Painting {
    #[arg(long, value_parser = Emotion::parse)]
    emotion: Emotion,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// landscape, flow, glass or aurora; else by seed and emotion.
    #[arg(long, value_parser = Style::parse)]
    style: Option<Style>,
    /// Pixels along a side.
    #[arg(long, default_value_t = 1024)]
    size: u16,
    #[arg(short, long)]
    output: PathBuf,
}

#[derive(Args)]
struct Composition {
    #[arg(long, value_parser = Emotion::parse)]
    emotion: Emotion,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Length in bars; else the emotion's own.
    #[arg(long)]
    bars: Option<u32>,
    /// A SoundFont 2 file to play with.
    #[arg(long)]
    soundfont: Option<PathBuf>,
    /// The MP3.
    #[arg(short, long)]
    output: PathBuf,
    /// Also write the score as MIDI.
    #[arg(long)]
    midi: Option<PathBuf>,
    /// Print key, mode, bpm, seconds and LUFS as one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Sheet {
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Pixels along a picture's side.
    #[arg(long, default_value_t = 256)]
    size: u16,
    #[arg(short, long)]
    output: PathBuf,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Paint(order) => {
            let settings = PictureSettings { style: order.style, size: order.size };
            let picture = paint(&Affect::certain(order.emotion), order.seed, &settings)?;
            save(&order.output, &picture.jpeg)
        }
        Command::Compose(order) => perform(&order),
        Command::Sheet(order) => sheet(&order),
    }
}

fn save(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(file, bytes).with_context(|| file.display().to_string())
}

fn perform(order: &Composition) -> anyhow::Result<()> {
    let soundfont = match &order.soundfont {
        Some(file) => {
            let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
            Some(Arc::new(SoundFont::parse(&bytes)?))
        }
        None => None,
    };
    let settings = MelodySettings { bars: order.bars, soundfont };
    let melody = compose(&Affect::certain(order.emotion), order.seed, &settings)?;
    save(&order.output, &melody.mp3)?;
    if let Some(file) = &order.midi {
        save(file, &melody.midi)?;
    }
    describe(&melody, order.json);
    Ok(())
}

fn describe(melody: &Melody, json: bool) {
    let score = &melody.score;
    let (key, mode) = (pitch_name(score.tonic), score.mode.as_str());
    let seconds = (melody.seconds * 1000.0).round() / 1000.0;
    let lufs = (melody.lufs * 100.0).round() / 100.0;
    if json {
        let described = serde_json::json!({
            "key": key, "tonic": score.tonic, "mode": mode, "bpm": score.bpm, "seconds": seconds, "lufs": lufs,
        });
        println!("{described}");
    } else {
        println!("{key} {mode}, {} bpm, {seconds} s, {lufs} LUFS", score.bpm);
    }
}

/// Styles down, emotions across.
fn sheet(order: &Sheet) -> anyhow::Result<()> {
    let size = usize::from(order.size);
    let width = size * Emotion::ALL.len();
    let height = size * Style::ALL.len();
    let mut rgb = vec![0u8; width * height * 3];
    for (row, style) in Style::ALL.into_iter().enumerate() {
        for (column, emotion) in Emotion::ALL.into_iter().enumerate() {
            let settings = PictureSettings { style: Some(style), size: order.size };
            let picture = paint(&Affect::certain(emotion), order.seed, &settings)?;
            let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
            let pixels = JpegDecoder::new_with_options(ZCursor::new(&picture.jpeg), options).decode()?;
            for (y, line) in pixels.chunks_exact(size * 3).enumerate() {
                let at = ((row * size + y) * width + column * size) * 3;
                rgb[at..at + size * 3].copy_from_slice(line);
            }
        }
    }
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 88).encode(
        &rgb,
        u16::try_from(width)?,
        u16::try_from(height)?,
        ColorType::Rgb,
    )?;
    save(&order.output, &jpeg)
}
