//! Distinct photos of 2 megapixels: crops of the sample photos, mirrored and in several qualities.

use crate::machine::models;
use anyhow::Context;
use jpeg_encoder::{ColorType, Encoder};
use vision::{Picture, decode};

/// Pixels of every photo.
const WIDTH: usize = 1632;
const HEIGHT: usize = 1224;
const SAMPLES: usize = 6;
/// Pixels between two crops.
const STEP: usize = 16;

/// The first `count` photos of one fixed sequence, as JPEGs.
pub fn varied(count: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    let samples = (1..=SAMPLES).map(sample).collect::<anyhow::Result<Vec<_>>>()?;
    (0..count).map(|number| photo(&samples[number % SAMPLES], number / SAMPLES)).collect()
}

fn sample(number: usize) -> anyhow::Result<Picture> {
    let path = models().join(format!("sample{number}.jpg"));
    let bytes = std::fs::read(&path).with_context(|| format!("{}: make models", path.display()))?;
    Ok(decode(&bytes)?)
}

/// The nth crop of a sample.
fn photo(sample: &Picture, n: usize) -> anyhow::Result<Vec<u8>> {
    let (columns, rows) = ((sample.width() - WIDTH) / STEP + 1, (sample.height() - HEIGHT) / STEP + 1);
    let (left, top) = ((n * 7) % columns * STEP, (n * 5) % rows * STEP);
    let mut rgb = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for y in top..top + HEIGHT {
        let row = &sample.row(y)[left * 3..(left + WIDTH) * 3];
        match n % 2 {
            0 => rgb.extend_from_slice(row),
            _ => rgb.extend(row.chunks_exact(3).rev().flatten()),
        }
    }
    let mut jpeg = Vec::new();
    let quality = 86 + (n % 5) as u8;
    Encoder::new(&mut jpeg, quality).encode(&rgb, WIDTH as u16, HEIGHT as u16, ColorType::Rgb)?;
    // Crops repeat; a trailing comment makes the bytes distinct.
    jpeg.extend_from_slice(format!("view {n}").as_bytes());
    Ok(jpeg)
}
