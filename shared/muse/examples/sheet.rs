//! Paints every style × emotion on one sheet: `cargo run --release -p muse --example sheet -- -o sheet.jpg`.

use anyhow::Context;
use clap::Parser;
use domain::{Affect, Emotion};
use jpeg_encoder::{ColorType, Encoder};
use muse::picture::style::Style;
use muse::{PictureSettings, paint};
use std::path::PathBuf;

/// Styles down, emotions across.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Pixels along a picture's side.
    #[arg(long, default_value_t = 256)]
    size: u16,
    #[arg(short, long)]
    output: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let order = Arguments::parse();
    let size = usize::from(order.size);
    let width = size * Emotion::ALL.len();
    let height = size * Style::ALL.len();
    let mut rgb = vec![0u8; width * height * 3];
    for (row, style) in Style::ALL.into_iter().enumerate() {
        for (column, emotion) in Emotion::ALL.into_iter().enumerate() {
            let settings = PictureSettings { style: Some(style), size: order.size };
            let picture = paint(&Affect::certain(emotion), order.seed, &settings)?;
            for (y, line) in picture.rgb().chunks_exact(size * 3).enumerate() {
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
    std::fs::write(&order.output, &jpeg).with_context(|| order.output.display().to_string())
}
