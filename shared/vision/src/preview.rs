//! A small JPEG for pages: upright, without metadata.

use crate::picture::Picture;
use jpeg_encoder::{ColorType, Encoder, EncodingError};

/// Longest side of a preview, pixels.
pub const PREVIEW_SIDE: usize = 1280;
/// Quality of the JPEG, 1..100.
const QUALITY: u8 = 82;

/// A JPEG of the picture, its longest side at most [`PREVIEW_SIDE`], with nothing in it but pixels. Errors: what the
/// encoder says, which is nothing for pictures of this size.
pub fn preview(picture: &Picture) -> Result<Vec<u8>, EncodingError> {
    let (width, height) = fitted(picture.width(), picture.height());
    if width == picture.width() {
        return jpeg(picture, QUALITY);
    }
    encode(&shrunk(picture, width, height), (width, height), QUALITY)
}

/// A JPEG of the picture as large as it is, with nothing in it but pixels, at a quality of 1 to 100.
pub fn jpeg(picture: &Picture, quality: u8) -> Result<Vec<u8>, EncodingError> {
    encode(picture.rgb(), (picture.width(), picture.height()), quality)
}

fn encode(rgb: &[u8], (width, height): (usize, usize), quality: u8) -> Result<Vec<u8>, EncodingError> {
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, quality).encode(rgb, width as u16, height as u16, ColorType::Rgb)?;
    Ok(jpeg)
}

/// The size of a preview; no side is 0.
fn fitted(width: usize, height: usize) -> (usize, usize) {
    let longest = width.max(height);
    if longest <= PREVIEW_SIDE {
        return (width, height);
    }
    let scaled = |n: usize| ((n * PREVIEW_SIDE + longest / 2) / longest).max(1);
    (scaled(width), scaled(height))
}

/// The mean over each output pixel's area of the picture, borders shared by their parts.
fn shrunk(picture: &Picture, width: usize, height: usize) -> Vec<u8> {
    let columns = shares(picture.width(), width);
    let rows = shares(picture.height(), height);
    let mut rgb = Vec::with_capacity(width * height * 3);
    let mut sums = vec![0.0f32; picture.width() * 3];
    for (first, weights) in rows {
        sums.fill(0.0);
        for (y, weight) in (first..).zip(weights) {
            for (sum, &byte) in sums.iter_mut().zip(picture.row(y)) {
                *sum += f32::from(byte) * weight;
            }
        }
        let pixels = sums.as_chunks::<3>().0;
        for (first, weights) in &columns {
            let mut mean = [0.5; 3];
            for (pixel, weight) in pixels[*first..].iter().zip(weights) {
                for channel in 0..3 {
                    mean[channel] += pixel[channel] * weight;
                }
            }
            rgb.extend(mean.map(|value| value as u8));
        }
    }
    rgb
}

/// For each of `to` places the first of `from` that it covers and how much of it each makes up; the parts sum to 1.
fn shares(from: usize, to: usize) -> Vec<(usize, Vec<f32>)> {
    let scale = from as f64 / to as f64;
    (0..to)
        .map(|i| {
            let (start, end) = (i as f64 * scale, ((i + 1) as f64 * scale).min(from as f64));
            let first = start as usize;
            let last = (end.ceil() as usize).clamp(first + 1, from);
            let part = |n: usize| ((end.min((n + 1) as f64) - start.max(n as f64)) / (end - start)) as f32;
            (first, (first..last).map(part).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::decode;

    #[test]
    fn fits_and_keeps_the_colour() {
        for (width, height, wanted) in [
            (2560, 1920, (1280, 960)),
            (1000, 4000, (320, 1280)),
            (1280, 1280, (1280, 1280)),
            (4000, 1, (1280, 1)),
            (1, 1, (1, 1)),
        ] {
            let picture = Picture::new(width, height, [200, 100, 50].repeat(width * height)).unwrap();
            let small = decode(&preview(&picture).unwrap()).unwrap();
            assert_eq!((small.width(), small.height()), wanted);
            for (got, wanted) in small.row(0)[..3].iter().zip([200u8, 100, 50]) {
                assert!(got.abs_diff(wanted) <= 3, "{:?}", &small.row(0)[..3]);
            }
        }
    }

    #[test]
    fn shares_cover_everything_once() {
        for (from, to) in [(5, 2), (4032, 1280), (7, 7), (1281, 1280), (4096, 1)] {
            let mut covered = vec![0.0; from];
            for (first, weights) in shares(from, to) {
                assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-4);
                for (n, weight) in (first..).zip(weights) {
                    covered[n] += weight * from as f32 / to as f32;
                }
            }
            assert!(covered.iter().all(|part| (part - 1.0).abs() < 1e-2), "{from} to {to}");
        }
    }
}
