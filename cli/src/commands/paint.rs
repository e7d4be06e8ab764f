//! `semblante paint`: the picture of an emotion.

use super::artwork::{self, Mood, Target};
use crate::exit::{Exit, UsageError};
use crate::print::Printer;
use domain::MadeBy;
use muse::PictureSettings;
use muse::picture::style::Style;
use serde::Serialize;

pub const EXAMPLES: &str = "\
Examples:
  semblante paint --emotion HAPPY --seed 7 -o happy.jpg
  semblante paint --emotion FEAR --style aurora --size 512 -o fear.png
  semblante paint --emotion CALM --valence 0.9 --arousal -0.8 -o - > calm.jpg

The same emotion, valence, arousal, seed, style and size give the same picture.";

#[derive(clap::Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    mood: Mood,
    /// landscape, flow, glass or aurora; default: by emotion and seed
    #[arg(long, value_name = "STYLE", value_parser = Style::parse)]
    style: Option<Style>,
    /// Width and height in pixels, 16 to 2048
    #[arg(long, value_name = "PX", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(16..=2048), allow_hyphen_values = true)]
    size: u16,
    /// Picture to write: .jpg, or .png for exactly the painted pixels; - writes a JPEG to standard output
    #[arg(short, long, value_name = "FILE|-", value_parser = Target::parse)]
    output: Target,
}

#[derive(Serialize)]
struct Made<'a> {
    file: String,
    style: &'a str,
    size_px: u16,
    bytes: usize,
    made_by: &'a MadeBy,
}

pub fn run(arguments: &Arguments, printer: &mut Printer<'_>) -> anyhow::Result<Exit> {
    let Arguments { mood, style, size, output } = arguments;
    artwork::refuse_mixed_output(&[output], printer)?;
    let is_png = is_png(output)?;
    let picture = muse::paint(&mood.affect(), mood.seed, &PictureSettings { style: *style, size: *size })?;
    let bytes = if is_png { picture.png()? } else { picture.jpeg()? };
    output.write("-o", &bytes)?;
    let (file, style, bytes) = (output.name(), picture.style.as_str(), bytes.len());
    let line = format!("{file}: {}, {style}, {size} x {size} pixels, {bytes} bytes", mood.emotion);
    let made = Made { file, style, size_px: *size, bytes, made_by: &picture.made_by };
    artwork::report(&made, line, &[output], printer)?;
    Ok(Exit::Success)
}

fn is_png(output: &Target) -> Result<bool, UsageError> {
    match output.ending().as_deref() {
        Some("png") => Ok(true),
        None | Some("jpg" | "jpeg") => Ok(false),
        Some(other) => {
            Err(UsageError(format!("-o {}: paint writes .jpg or .png, not .{other}", output.name())))
        }
    }
}
