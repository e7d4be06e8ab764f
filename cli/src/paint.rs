//! `semblante paint`: the picture of an emotion.

use crate::exit::End;
use anyhow::Context;
use domain::{Affect, Emotion};
use muse::PictureSettings;
use muse::picture::style::Style;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;

/// Shown by `--help`.
pub const EXAMPLES: &str = "\
Examples:
  semblante paint --emotion HAPPY --seed 7 -o happy.jpg
  semblante paint --emotion FEAR --style aurora --size 512 -o fear.jpg

The same emotion, seed, style and size give the same bytes.";

/// What `paint` was asked.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// HAPPY, SAD, ANGRY, CONFUSED, DISGUSTED, SURPRISED, CALM, FEAR or UNKNOWN
    #[arg(long, value_name = "EMOTION", value_parser = Emotion::parse)]
    emotion: Emotion,
    /// Any whole number: another one, another picture
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// landscape, flow, glass or aurora; without it by emotion and seed
    #[arg(long, value_name = "STYLE", value_parser = Style::parse)]
    style: Option<Style>,
    /// Pixels along a side, 16 to 2048
    #[arg(long, value_name = "PX", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(16..=2048))]
    size: u16,
    /// The JPEG
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Print what was painted, and by what, as JSON
    #[arg(long)]
    json: bool,
}

/// Paints.
pub fn run(arguments: &Arguments, out: &mut impl Write) -> anyhow::Result<End> {
    let Arguments { emotion, seed, style, size, ref output, json } = *arguments;
    let picture = muse::paint(&Affect::certain(emotion), seed, &PictureSettings { style, size })?;
    let file = output.display().to_string();
    let jpeg = picture.jpeg()?;
    std::fs::write(output, &jpeg).with_context(|| file.clone())?;
    let (style, bytes) = (picture.style.as_str(), jpeg.len());
    match json {
        true => {
            let made_by = &picture.made_by;
            let told =
                json!({"file": file, "style": style, "size_px": size, "bytes": bytes, "made_by": made_by});
            writeln!(out, "{told:#}")?;
        }
        false => writeln!(out, "{file}: {emotion}, {style}, {size} x {size} pixels, {bytes} bytes")?,
    }
    Ok(End::Well)
}
