//! An upright picture in memory.

use crate::orientation::Orientation;

/// Longest side, in pixels, of a picture that is analysed: a larger one is averaged down to it. Cameras of 12
/// megapixels stay below, so that ordinary photos keep their pixels.
pub const WORKING_SIDE: usize = 4096;

/// Upright RGB pixels of 8 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
    original: (u32, u32),
}

impl Picture {
    /// From width × height × 3 bytes, rows top to bottom. None if that is not their number, or it is 0.
    pub fn new(width: usize, height: usize, rgb: Vec<u8>) -> Option<Self> {
        let length = width.checked_mul(height)?.checked_mul(3)?;
        let original = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
        (length > 0 && rgb.len() == length).then_some(Picture { width, height, rgb, original })
    }

    /// Pixels across; fewer than [`Picture::original`]'s if the photo was very large.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down; fewer than [`Picture::original`]'s if the photo was very large.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Width and height of the upright photo as it was taken, in pixels.
    pub fn original(&self) -> (u32, u32) {
        self.original
    }

    /// Red, green and blue of each pixel: width × height × 3 bytes.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The bytes of [`Picture::rgb`] to be overwritten.
    pub fn rgb_mut(&mut self) -> &mut [u8] {
        &mut self.rgb
    }

    /// One row: width × 3 bytes.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.rgb[y * self.width * 3..(y + 1) * self.width * 3]
    }

    /// The same picture as a smaller version of an original.
    pub(crate) fn of_original(self, width: usize, height: usize) -> Picture {
        Picture { original: (width as u32, height as u32), ..self }
    }

    /// The part of `size` from `from`, which must be inside, as a picture of its own.
    pub(crate) fn cut(&self, from: (usize, usize), size: (usize, usize)) -> Picture {
        let rows = from.1..from.1 + size.1;
        let part = |y: usize| &self.row(y)[from.0 * 3..(from.0 + size.0) * 3];
        let rgb = rows.flat_map(part).copied().collect();
        Picture { width: size.0, height: size.1, rgb, original: (size.0 as u32, size.1 as u32) }
    }

    /// Averages a picture with a side above [`WORKING_SIDE`] down to it.
    pub(crate) fn bounded(self) -> Picture {
        match fitted(self.width, self.height, WORKING_SIDE) {
            size if size == (self.width, self.height) => self,
            (width, height) => self.averaged(width, height),
        }
    }

    /// The picture in a smaller size: each pixel is the mean of the area that it covers, borders shared by their
    /// parts.
    pub(crate) fn averaged(&self, width: usize, height: usize) -> Picture {
        let columns = shares(self.width, width);
        let rows = shares(self.height, height);
        let mut rgb = Vec::with_capacity(width * height * 3);
        let mut sums = vec![0.0f32; self.width * 3];
        for (first, weights) in rows {
            sums.fill(0.0);
            for (y, weight) in (first..).zip(weights) {
                for (sum, &byte) in sums.iter_mut().zip(self.row(y)) {
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
        Picture { width, height, rgb, original: self.original }
    }

    /// Turns the stored picture as its orientation says, so that up is up.
    pub(crate) fn upright(self, orientation: Orientation) -> Picture {
        if orientation == Orientation::Upright { self } else { self.turned(orientation) }
    }

    /// A copy that is turned.
    pub(crate) fn turned(&self, orientation: Orientation) -> Picture {
        let (width, height) = orientation.turned(self.width, self.height);
        let (across, down) = orientation.turned(self.original.0, self.original.1);
        let mut rgb = vec![0; self.rgb.len()];
        let from = self.rgb.as_chunks::<3>().0;
        let to = rgb.as_chunks_mut::<3>().0;
        // Square blocks: a turned row is a stored column, and a block of both fits the first-level cache.
        const BLOCK: usize = 32;
        for top in (0..height).step_by(BLOCK) {
            for left in (0..width).step_by(BLOCK) {
                for y in top..(top + BLOCK).min(height) {
                    for x in left..(left + BLOCK).min(width) {
                        let (stored_x, stored_y) = orientation.stored(x, y, self.width, self.height);
                        to[y * width + x] = from[stored_y * self.width + stored_x];
                    }
                }
            }
        }
        Picture { width, height, rgb, original: (across, down) }
    }
}

/// A size whose longest side is at most `longest`, with the same proportions as far as whole pixels allow; no side
/// is 0.
pub(crate) fn fitted(width: usize, height: usize, longest: usize) -> (usize, usize) {
    let side = width.max(height);
    if side <= longest {
        return (width, height);
    }
    let scaled = |n: usize| ((n * longest + side / 2) / side).max(1);
    (scaled(width), scaled(height))
}

/// For each of `to` places the first of `from` that it covers, and the share of each in it; the shares sum to 1.
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

    /// Pixels whose bytes tell where they are: (x, y, 7).
    fn grid(width: usize, height: usize) -> Picture {
        let rgb = (0..width * height).flat_map(|i| [(i % width) as u8, (i / width) as u8, 7]).collect();
        Picture::new(width, height, rgb).unwrap()
    }

    #[test]
    fn turns_as_exif_says() {
        // Where the stored top left and top right pixels of a 5×3 picture end up.
        for (tag, size, first, last) in [
            (1, (5, 3), (0, 0), (4, 0)),
            (2, (5, 3), (4, 0), (0, 0)),
            (3, (5, 3), (4, 2), (0, 2)),
            (4, (5, 3), (0, 2), (4, 2)),
            (5, (3, 5), (0, 0), (0, 4)),
            (6, (3, 5), (2, 0), (2, 4)),
            (7, (3, 5), (2, 4), (2, 0)),
            (8, (3, 5), (0, 4), (0, 0)),
        ] {
            let picture = grid(5, 3).upright(Orientation::from_tag(tag));
            assert_eq!((picture.width, picture.height), size, "orientation {tag}");
            assert_eq!(picture.original(), (size.0 as u32, size.1 as u32));
            let pixel = |(x, y): (usize, usize)| &picture.row(y)[x * 3..x * 3 + 2];
            assert_eq!((pixel(first), pixel(last)), (&[0, 0][..], &[4, 0][..]), "orientation {tag}");
        }
    }

    #[test]
    fn averages_and_remembers_the_size() {
        let small = grid(4, 4).averaged(2, 2);
        assert_eq!((small.width, small.height, small.original()), (2, 2, (4, 4)));
        assert_eq!(small.row(0), [1, 1, 7, 3, 1, 7], "0.5 rounds up");
        assert_eq!(
            grid(3, 1).averaged(2, 1).row(0),
            [0, 0, 7, 2, 0, 7],
            "the middle counts for both: 1/3, 5/3"
        );
        let wide = Picture::new(12_000, 1, vec![9; 36_000]).unwrap().bounded();
        assert_eq!((wide.width, wide.height, wide.rgb[0]), (WORKING_SIDE, 1, 9));
        let whole = grid(10, 4).bounded();
        assert_eq!(whole, grid(10, 4));
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

    #[test]
    fn cuts_a_part() {
        let part = grid(5, 4).cut((1, 2), (3, 1));
        assert_eq!((part.original(), part.rgb()), ((3, 1), &[1, 2, 7, 2, 2, 7, 3, 2, 7][..]));
    }

    #[test]
    fn refuses_bytes_of_another_number() {
        assert_eq!(Picture::new(2, 2, vec![0; 11]), None);
        assert_eq!(Picture::new(0, 2, vec![]), None);
        assert_eq!(Picture::new(usize::MAX, usize::MAX, vec![]), None);
    }
}
