//! Paints and composes from the command line.

use anyhow::Context;
use clap::{Parser, Subcommand};
use domain::{Affect, Emotion};
use muse::picture::style::Style;
use muse::{PictureSettings, paint};
use std::path::PathBuf;

/// Pictures and melodies from an emotion.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Paints a picture.
    Paint {
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
        #[arg(short)]
        output: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Paint { emotion, seed, style, size, output } => {
            let picture = paint(&Affect::certain(emotion), seed, &PictureSettings { style, size })?;
            std::fs::write(&output, &picture.jpeg).with_context(|| output.display().to_string())
        }
    }
}
