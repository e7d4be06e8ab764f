//! Planes of luma and chroma, as video codecs give them, to RGB.

/// The sampling of chroma: each value counts for 2 pixels where it is halved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub width: usize,
    pub height: usize,
    /// Bits of a sample of luma and of chroma, 8 to 16.
    pub depths: [u32; 2],
    /// Whether there is no chroma.
    pub grey: bool,
    pub halved_across: bool,
    pub halved_down: bool,
}

/// A decoded frame of any codec.
pub(crate) trait Frame {
    fn layout(&self) -> Layout;
    /// Copies a row of plane 0 (luma), 1 (Cb) or 2 (Cr).
    fn row(&self, plane: usize, y: usize, samples: &mut Vec<i32>);
}

/// The meaning of samples, by the code points of ITU-T H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Coding {
    pub primaries: u16,
    pub transfer: u16,
    pub matrix: u16,
    pub full_range: bool,
}

impl Coding {
    /// What holds where a file says nothing: sRGB's colours, BT.601's matrix, all values used.
    pub const UNKNOWN: Coding = Coding { primaries: 2, transfer: 2, matrix: 2, full_range: true };
}

/// Bits behind the point of the factors.
const POINT: u32 = 20;
/// Weight of a whole chroma sample after upsampling.
const WHOLE: i32 = 16;

/// What chroma adds to red, green and blue, and what luma is multiplied with.
struct Factors {
    luma: i32,
    luma_offset: i32,
    chroma_middle: i32,
    /// [of Cb, of Cr] for red, green, blue.
    chroma: [[i32; 2]; 3],
}

impl Factors {
    fn new(layout: &Layout, coding: Coding) -> Factors {
        let [luma, chroma] = layout.depths.map(|depth| f64::from((1u32 << depth) - 1));
        let [luma_unit, chroma_unit] = layout.depths.map(|depth| f64::from(1u32 << (depth - 8)));
        let (luma_range, chroma_range, luma_offset) = match coding.full_range {
            true => (luma, chroma, 0),
            false => (219.0 * luma_unit, 224.0 * chroma_unit, 16 << (layout.depths[0] - 8)),
        };
        let (red, blue) = match coding.matrix {
            1 => (0.2126, 0.0722),
            4 => (0.30, 0.11),
            7 => (0.212, 0.087),
            9 | 10 => (0.2627, 0.0593),
            _ => (0.299, 0.114),
        };
        let green = 1.0 - red - blue;
        let by_matrix = match coding.matrix {
            // YCgCo.
            8 => [[-1.0, 1.0], [1.0, 0.0], [-1.0, -1.0]],
            _ => {
                let (of_red, of_blue) = (2.0 * (1.0 - red), 2.0 * (1.0 - blue));
                [[0.0, of_red], [-of_blue * blue / green, -of_red * red / green], [of_blue, 0.0]]
            }
        };
        let fixed = |factor: f64, range: f64| (factor * 255.0 / range * f64::from(1 << POINT)).round();
        Factors {
            luma: fixed(1.0, luma_range) as i32,
            luma_offset,
            chroma_middle: WHOLE << (layout.depths[1] - 1),
            chroma: by_matrix.map(|pair| {
                pair.map(|factor| (fixed(factor, chroma_range) / f64::from(WHOLE)).round() as i32)
            }),
        }
    }
}

/// Converts the top left `width` × `height` pixels of a frame and hands out each row's RGB.
pub(crate) fn to_rgb(
    frame: &impl Frame,
    coding: Coding,
    (width, height): (usize, usize),
    mut take: impl FnMut(usize, &[u8]),
) {
    let layout = frame.layout();
    let factors = Factors::new(&layout, coding);
    let (width, height) = (width.min(layout.width), height.min(layout.height));
    let mut chroma = [1, 2].map(|plane| Chroma::new(plane, &layout));
    let (mut luma, mut rgb) = (Vec::new(), vec![0; width * 3]);
    let neutral = vec![factors.chroma_middle; layout.width];
    for y in 0..height {
        frame.row(0, y, &mut luma);
        if !layout.grey {
            chroma.iter_mut().for_each(|plane| plane.load(frame, &layout, y));
        }
        let [cb, cr] = chroma.each_ref().map(|plane| if layout.grey { &neutral } else { &plane.line });
        if coding.matrix == 0 && !layout.grey {
            identity(&layout, [&luma, cb, cr], &mut rgb);
        } else {
            matrix(&factors, [&luma, cb, cr], &mut rgb);
        }
        take(y, &rgb);
    }
}

fn matrix(factors: &Factors, [luma, cb, cr]: [&[i32]; 3], rgb: &mut [u8]) {
    let pixels = rgb.as_chunks_mut::<3>().0.iter_mut().zip(luma).zip(cb).zip(cr);
    for (((pixel, &y), &cb), &cr) in pixels {
        let y = (y - factors.luma_offset) * factors.luma + (1 << (POINT - 1));
        let (cb, cr) = (cb - factors.chroma_middle, cr - factors.chroma_middle);
        for (value, [of_cb, of_cr]) in pixel.iter_mut().zip(factors.chroma) {
            *value = ((y + cb * of_cb + cr * of_cr) >> POINT).clamp(0, 255) as u8;
        }
    }
}

/// Planes that hold green, blue and red.
fn identity(layout: &Layout, [green, blue, red]: [&[i32]; 3], rgb: &mut [u8]) {
    let max = [(1i64 << layout.depths[0]) - 1, ((1i64 << layout.depths[1]) - 1) * i64::from(WHOLE)];
    let scaled = |value: i32, max: i64| ((i64::from(value) * 255 + max / 2) / max) as u8;
    let pixels = rgb.as_chunks_mut::<3>().0.iter_mut().zip(red).zip(green).zip(blue);
    for (((pixel, &red), &green), &blue) in pixels {
        *pixel = [scaled(red, max[1]), scaled(green, max[0]), scaled(blue, max[1])];
    }
}

/// A plane of chroma, brought to the size of luma: each value between two samples is three parts of the nearer one
/// and one of the other (the triangle filter that JPEG decoders use too).
struct Chroma {
    plane: usize,
    /// Rows of the plane that are loaded, by their numbers.
    rows: [(usize, Vec<i32>); 2],
    /// The plane's row at the height of luma, in quarters.
    blended: Vec<i32>,
    /// The row at the size of luma, in sixteenths.
    line: Vec<i32>,
}

impl Chroma {
    fn new(plane: usize, layout: &Layout) -> Chroma {
        let rows = [(usize::MAX, Vec::new()), (usize::MAX, Vec::new())];
        Chroma { plane, rows, blended: Vec::new(), line: Vec::with_capacity(layout.width + 1) }
    }

    fn load(&mut self, frame: &impl Frame, layout: &Layout, y: usize) {
        let (near, far) = if layout.halved_down { neighbours(y, layout.height.div_ceil(2)) } else { (y, y) };
        for wanted in [near, far] {
            if self.rows.iter().all(|(row, _)| *row != wanted) {
                let old = usize::from(self.rows[0].0 == near || self.rows[0].0 == far);
                self.rows[old].0 = wanted;
                frame.row(self.plane, wanted, &mut self.rows[old].1);
            }
        }
        let row = |wanted: usize| &self.rows[usize::from(self.rows[0].0 != wanted)].1;
        let (near, far) = (row(near), row(far));
        self.blended.clear();
        self.blended.extend(near.iter().zip(far).map(|(near, far)| 3 * near + far));
        self.widen(layout.halved_across);
    }

    fn widen(&mut self, halved: bool) {
        self.line.clear();
        if !halved {
            return self.line.extend(self.blended.iter().map(|value| value * 4));
        }
        let last = self.blended.len() - 1;
        for (i, &value) in self.blended.iter().enumerate() {
            let (left, right) = (self.blended[i.saturating_sub(1)], self.blended[(i + 1).min(last)]);
            self.line.extend([3 * value + left, 3 * value + right]);
        }
    }
}

/// The nearest and the second nearest of `count` samples to place `at` of twice as many.
fn neighbours(at: usize, count: usize) -> (usize, usize) {
    let near = (at / 2).min(count - 1);
    let far = if at.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(count - 1) };
    (near, far)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame whose planes have one value each, in a gradient of chroma if `slope` is not 0.
    struct Flat {
        layout: Layout,
        values: [i32; 3],
        slope: i32,
    }

    impl Frame for Flat {
        fn layout(&self) -> Layout {
            self.layout
        }

        fn row(&self, plane: usize, _: usize, samples: &mut Vec<i32>) {
            let halved = plane > 0 && self.layout.halved_across;
            let width = if halved { self.layout.width.div_ceil(2) } else { self.layout.width };
            samples.clear();
            let slope = if plane > 0 { self.slope } else { 0 };
            samples.extend((0..width).map(|x| self.values[plane] + slope * x as i32));
        }
    }

    fn rows(frame: &Flat, coding: Coding) -> Vec<Vec<u8>> {
        let mut rows = Vec::new();
        to_rgb(frame, coding, (frame.layout.width, frame.layout.height), |_, rgb| rows.push(rgb.to_vec()));
        rows
    }

    fn layout(depth: u32, halved: bool) -> Layout {
        let (depths, grey) = ([depth; 2], false);
        Layout { width: 5, height: 3, depths, grey, halved_across: halved, halved_down: halved }
    }

    #[test]
    fn colours_follow_from_matrix_range_and_depth() {
        let coding = |matrix, full_range| Coding { matrix, full_range, ..Coding::UNKNOWN };
        for (depth, values, coding, rgb) in [
            (8, [255, 128, 128], coding(6, true), [255, 255, 255]),
            (8, [235, 128, 128], coding(6, false), [255, 255, 255]),
            (8, [16, 128, 128], coding(1, false), [0, 0, 0]),
            (8, [76, 85, 255], coding(6, true), [254, 0, 0]),
            (8, [63, 102, 240], coding(1, false), [255, 0, 0]),
            (10, [1023, 512, 512], coding(9, true), [255, 255, 255]),
            (12, [2048, 2048, 2048], coding(2, true), [128, 128, 128]),
            (16, [65_535, 32_768, 32_768], coding(1, true), [255, 255, 255]),
            (8, [10, 20, 30], coding(0, true), [30, 10, 20]),
        ] {
            for halved in [false, true] {
                let frame = Flat { layout: layout(depth, halved), values, slope: 0 };
                let rows = rows(&frame, coding);
                assert_eq!(rows.len(), 3);
                for pixel in rows.iter().flat_map(|row| row.as_chunks::<3>().0) {
                    let near = pixel.iter().zip(rgb).all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 1);
                    assert!(near, "{depth} bits {values:?} {coding:?}: {pixel:?} for {rgb:?}");
                }
            }
        }
    }

    #[test]
    fn chroma_is_blended_and_grey_needs_none() {
        let frame = Flat { layout: layout(8, true), values: [128, 128, 100], slope: 16 };
        let red: Vec<u8> = rows(&frame, Coding::UNKNOWN)[0].iter().step_by(3).copied().collect();
        assert!(red.is_sorted() && red.windows(2).skip(1).all(|pair| pair[1] - pair[0] < 14), "{red:?}");
        let grey = Flat { layout: Layout { grey: true, ..layout(8, false) }, values: [7, 0, 0], slope: 0 };
        assert_eq!(rows(&grey, Coding { matrix: 0, ..Coding::UNKNOWN })[2], [7; 15]);
    }

    #[test]
    fn neighbours_stay_inside() {
        let all: Vec<_> = (0..5).map(|at| neighbours(at, 3)).collect();
        assert_eq!(all, [(0, 0), (0, 1), (1, 0), (1, 2), (2, 1)]);
    }
}
