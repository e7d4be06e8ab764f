//! An upright picture in memory.

use crate::orientation::Orientation;

/// Longest side, in pixels, that is kept: a larger picture is averaged down by a whole factor first. Larger than
/// what cameras of 12 megapixels give, so that ordinary photos are looked at as they are.
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
    /// From width × height × 3 bytes, rows top to bottom. None where that is not their number, or it is 0.
    pub fn new(width: usize, height: usize, rgb: Vec<u8>) -> Option<Self> {
        let length = width.checked_mul(height)?.checked_mul(3)?;
        let original = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
        (length > 0 && rgb.len() == length).then_some(Picture { width, height, rgb, original })
    }

    /// Pixels across. Fewer than [`Picture::original`]'s where the photo was very large.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// (width, height) of the upright photo as it was taken.
    pub fn original(&self) -> (u32, u32) {
        self.original
    }

    /// width × height × 3 bytes.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The bytes, to be painted on.
    pub fn rgb_mut(&mut self) -> &mut [u8] {
        &mut self.rgb
    }

    /// One row: width × 3 bytes.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.rgb[y * self.width * 3..(y + 1) * self.width * 3]
    }

    /// Averages a picture with a side above [`WORKING_SIDE`] down by the smallest whole factor that makes it fit.
    pub(crate) fn bounded(self) -> Picture {
        let factor = self.width.max(self.height).div_ceil(WORKING_SIDE);
        if factor == 1 { self } else { self.averaged(factor) }
    }

    /// Every output pixel is the mean of factor × factor; what is left over at right and bottom is cut off, but one
    /// row or column always stays.
    fn averaged(self, factor: usize) -> Picture {
        let (width, height) = ((self.width / factor).max(1), (self.height / factor).max(1));
        let (across, down) = (factor.min(self.width), factor.min(self.height));
        let area = (across * down) as u32;
        let mut rgb = Vec::with_capacity(width * height * 3);
        let mut sums = vec![0u32; width * 3];
        for y in 0..height {
            sums.fill(0);
            for row in y * down..(y + 1) * down {
                let pixels = self.row(row).as_chunks::<3>().0;
                for (sum, group) in sums.as_chunks_mut::<3>().0.iter_mut().zip(pixels.chunks_exact(across)) {
                    for (channel, sum) in sum.iter_mut().enumerate() {
                        *sum += group.iter().map(|pixel| u32::from(pixel[channel])).sum::<u32>();
                    }
                }
            }
            rgb.extend(sums.iter().map(|&sum| ((sum + area / 2) / area) as u8));
        }
        Picture { width, height, rgb, original: self.original }
    }

    /// Turns the stored picture as its orientation says, so that up is up.
    pub(crate) fn upright(self, orientation: Orientation) -> Picture {
        if orientation == Orientation::Upright {
            return self;
        }
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
    fn averages_by_whole_factors_and_remembers_the_size() {
        let small = grid(5, 4).averaged(2);
        assert_eq!((small.width, small.height, small.original()), (2, 2, (5, 4)));
        assert_eq!(small.row(0), [1, 1, 7, 3, 1, 7], "0.5 rounds up");
        assert_eq!(grid(1, 9).averaged(3).height, 3);
        let wide = Picture::new(12_000, 1, vec![9; 36_000]).unwrap().bounded();
        assert_eq!((wide.width, wide.height, wide.rgb[0]), (4000, 1, 9));
    }

    #[test]
    fn refuses_bytes_of_another_number() {
        assert_eq!(Picture::new(2, 2, vec![0; 11]), None);
        assert_eq!(Picture::new(0, 2, vec![]), None);
        assert_eq!(Picture::new(usize::MAX, usize::MAX, vec![]), None);
    }
}
