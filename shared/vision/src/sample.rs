//! A region of a picture as a network's input: padded to a square with black, resized to the network's side.

use crate::picture::Picture;
use crate::tensor::{Scratch, Tensor};

/// A region of a picture in whole pixels; inside it and not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Region {
    pub fn whole(picture: &Picture) -> Region {
        Region { left: 0, top: 0, width: picture.width(), height: picture.height() }
    }
}

/// The region's place in its square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Placement {
    /// Top left; black at right or below.
    Corner,
    /// In the middle; the odd line of black comes after it.
    Centre,
    /// In the middle of a square this many times as long as the region's longer side.
    Canvas(f64),
}

impl Placement {
    /// Pixels a side of the square around a region.
    pub fn extent(self, region: Region) -> usize {
        let longest = region.width.max(region.height);
        match self {
            Placement::Canvas(times) => (longest as f64 * times).round() as usize,
            Placement::Corner | Placement::Centre => longest,
        }
    }

    /// Lines of black before `length` pixels in the square.
    pub fn before(self, length: usize, extent: usize) -> usize {
        match self {
            Placement::Corner => 0,
            Placement::Centre | Placement::Canvas(_) => (extent - length) / 2,
        }
    }
}

/// The two places in the picture that an output position blends along one axis; None is black.
struct Blend {
    places: [Option<usize>; 2],
    /// Share of the second place, 0..1.
    share: f32,
}

/// The square, side × side × 3, values 0..255. Bilinear as TensorFlow does it without half-pixel centres: the
/// position is output · input / side in f32, and nothing is smoothed first.
pub(crate) fn square(
    picture: &Picture,
    region: Region,
    side: usize,
    placement: Placement,
    scratch: &mut Scratch,
) -> Tensor {
    let extent = placement.extent(region);
    let columns = blends(region.left, region.width, extent, side, placement);
    let rows = blends(region.top, region.height, extent, side, placement);
    let mut out = scratch.tensor(side, side, 3);
    let mut lines = [(usize::MAX, scratch.buffer(side * 3)), (usize::MAX, scratch.buffer(side * 3))];
    for (blend, result) in rows.iter().zip(out.values_mut().chunks_exact_mut(side * 3)) {
        // A line that was the lower one may be the upper one now.
        let upper = blend.places[0].unwrap_or(usize::MAX - 1);
        if lines[1].0 == upper {
            lines.swap(0, 1);
        }
        for (line, place) in lines.iter_mut().zip(blend.places) {
            let key = place.unwrap_or(usize::MAX - 1);
            if line.0 != key {
                fill_line(picture, place, &columns, &mut line.1[..side * 3]);
                line.0 = key;
            }
        }
        let (above, below) = (&lines[0].1[..side * 3], &lines[1].1[..side * 3]);
        for ((value, a), b) in result.iter_mut().zip(above).zip(below) {
            *value = a + (b - a) * blend.share;
        }
    }
    for (_, buffer) in lines {
        scratch.give_buffer(buffer);
    }
    out
}

/// One axis: `length` pixels from `start`, padded to `extent`, resized to `side`.
fn blends(start: usize, length: usize, extent: usize, side: usize, placement: Placement) -> Vec<Blend> {
    let before = placement.before(length, extent);
    let place = |at: usize| at.checked_sub(before).filter(|&at| at < length).map(|at| start + at);
    let scale = extent as f32 / side as f32;
    (0..side)
        .map(|i| {
            let position = i as f32 * scale;
            let first = (position as usize).min(extent - 1);
            let places = [place(first), place((first + 1).min(extent - 1))];
            Blend { places, share: position - first as f32 }
        })
        .collect()
}

/// A row of the picture, blended across.
fn fill_line(picture: &Picture, y: Option<usize>, columns: &[Blend], line: &mut [f32]) {
    let Some(y) = y else {
        line.fill(0.0);
        return;
    };
    let pixels = picture.row(y).as_chunks::<3>().0;
    let black = [0; 3];
    for (blend, result) in columns.iter().zip(line.as_chunks_mut::<3>().0) {
        let [a, b] = blend.places.map(|place| place.map_or(&black, |x| &pixels[x]));
        for channel in 0..3 {
            let (a, b) = (f32::from(a[channel]), f32::from(b[channel]));
            result[channel] = a + (b - a) * blend.share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(picture: &Picture, region: Region, side: usize, placement: Placement) -> Vec<f32> {
        let tensor = square(picture, region, side, placement, &mut Scratch::default());
        tensor.values().iter().step_by(3).copied().collect()
    }

    fn grey(width: usize, values: &[u8]) -> Picture {
        let rgb = values.iter().flat_map(|&v| [v; 3]).collect();
        Picture::new(width, values.len() / width, rgb).unwrap()
    }

    #[test]
    fn a_square_of_the_right_size_is_copied() {
        let picture = grey(2, &[1, 2, 3, 4]);
        assert_eq!(sampled(&picture, Region::whole(&picture), 2, Placement::Corner), [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn enlarging_has_no_half_pixel_centres() {
        let picture = grey(2, &[0, 100, 200, 100]);
        let wanted = [
            [0.0, 50.0, 100.0, 100.0],
            [100.0, 100.0, 100.0, 100.0],
            [200.0, 150.0, 100.0, 100.0],
            [200.0, 150.0, 100.0, 100.0],
        ];
        assert_eq!(sampled(&picture, Region::whole(&picture), 4, Placement::Corner), wanted.concat());
    }

    #[test]
    fn black_is_blended_in_at_the_border() {
        let picture = grey(4, &[90, 80, 70, 60]);
        let corner = sampled(&picture, Region::whole(&picture), 4, Placement::Corner);
        assert_eq!(corner[..5], [90.0, 80.0, 70.0, 60.0, 0.0]);
        let centre = sampled(&picture, Region::whole(&picture), 4, Placement::Centre);
        assert_eq!(
            centre[4..9],
            [90.0, 80.0, 70.0, 60.0, 0.0],
            "three lines of black: one before, two after"
        );
        let half = sampled(&picture, Region { left: 1, top: 0, width: 2, height: 1 }, 4, Placement::Corner);
        assert_eq!(half[..8], [80.0, 75.0, 70.0, 70.0, 40.0, 37.5, 35.0, 35.0]);
    }
}
