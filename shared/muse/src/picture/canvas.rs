//! A square of OKLab colours, with anti-aliased strokes and shapes.

use super::oklab::Lab;

/// A point in pixels, x to the right, y down.
pub type Point = (f32, f32);

pub struct Canvas {
    size: usize,
    pixels: Vec<Lab>,
}

impl Canvas {
    pub fn new(size: usize, colour: Lab) -> Self {
        Canvas { size, pixels: vec![colour; size * size] }
    }

    /// Every pixel is `colour(x, y)` of its centre, in 0..1.
    pub fn from_fn(size: usize, mut colour: impl FnMut(f32, f32) -> Lab) -> Self {
        let step = 1.0 / size as f32;
        let mut pixels = Vec::with_capacity(size * size);
        for y in 0..size {
            for x in 0..size {
                pixels.push(colour((x as f32 + 0.5) * step, (y as f32 + 0.5) * step));
            }
        }
        Canvas { size, pixels }
    }

    /// Pixels along a side.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The size as a number to scale lengths by.
    pub fn side(&self) -> f32 {
        self.size as f32
    }

    /// The pixels, row by row.
    pub fn pixels(&self) -> &[Lab] {
        &self.pixels
    }

    pub fn pixels_mut(&mut self) -> &mut [Lab] {
        &mut self.pixels
    }

    /// The pixel at column `x`, row `y`, which must lie on the canvas.
    #[inline]
    pub fn pixel(&mut self, x: usize, y: usize) -> &mut Lab {
        &mut self.pixels[y * self.size + x]
    }

    /// Columns or rows that `low..=high` touches.
    fn span(&self, low: f32, high: f32) -> std::ops::Range<usize> {
        let end = (high.ceil() + 1.0).clamp(0.0, self.side());
        (low.floor().clamp(0.0, self.side()) as usize)..(end as usize)
    }

    /// Paints a disc around `centre`; its edge fades over `soft` pixels (at least 1).
    pub fn disc(&mut self, centre: Point, radius: f32, soft: f32, colour: Lab, alpha: f32) {
        self.capsule((centre, radius), (centre, radius), soft, colour, alpha);
    }

    /// Paints a stroke from one round end to another, each given by centre and radius; its edge fades over `soft` pixels.
    pub fn capsule(&mut self, from: (Point, f32), to: (Point, f32), soft: f32, colour: Lab, alpha: f32) {
        let ((x0, y0), r0) = from;
        let ((x1, y1), r1) = to;
        let soft = soft.max(1.0);
        let reach = r0.max(r1) + soft;
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length2 = dx * dx + dy * dy;
        let inverse = if length2 > 0.0 { 1.0 / length2 } else { 0.0 };
        for y in self.span(y0.min(y1) - reach, y0.max(y1) + reach) {
            let py = y as f32 + 0.5 - y0;
            // Only the part of the stroke within reach of this row can touch it.
            let (mut left, mut right) = (x0.min(x1), x0.max(x1));
            if dy.abs() > 0.5 {
                let (one, other) = ((py - reach) / dy, (py + reach) / dy);
                let (near, far) = (one.min(other).clamp(0.0, 1.0), one.max(other).clamp(0.0, 1.0));
                (left, right) = ((x0 + dx * near).min(x0 + dx * far), (x0 + dx * near).max(x0 + dx * far));
            }
            for x in self.span(left - reach, right + reach) {
                let px = x as f32 + 0.5 - x0;
                let t = ((px * dx + py * dy) * inverse).clamp(0.0, 1.0);
                let (ex, ey) = (px - dx * t, py - dy * t);
                let radius = r0 + (r1 - r0) * t;
                let distance2 = ex * ex + ey * ey;
                let outer = radius + 0.5 * soft;
                if distance2 < outer * outer {
                    let cover = ((outer - distance2.sqrt()) / soft).min(1.0).min(2.0 * outer / soft);
                    let pixel = self.pixel(x, y);
                    *pixel = pixel.mix(colour, cover * alpha);
                }
            }
        }
    }

    /// Fills a polygon (even-odd). Coverage of edge pixels is exact along a row, sampled four times across it.
    pub fn polygon(&mut self, corners: &[Point], colour: Lab, alpha: f32) {
        const ROWS: usize = 4;
        let (mut top, mut bottom) = (f32::MAX, f32::MIN);
        let (mut left, mut right) = (f32::MAX, f32::MIN);
        for &(x, y) in corners {
            (top, bottom) = (top.min(y), bottom.max(y));
            (left, right) = (left.min(x), right.max(x));
        }
        let columns = self.span(left, right);
        let mut cover = vec![0.0f32; columns.len()];
        for y in self.span(top, bottom) {
            cover.fill(0.0);
            for row in 0..ROWS {
                let at = y as f32 + (row as f32 + 0.5) / ROWS as f32;
                for pair in crossings(corners, at).chunks_exact(2) {
                    for x in self.span(pair[0], pair[1]) {
                        let part = (pair[1].min(x as f32 + 1.0) - pair[0].max(x as f32)).max(0.0);
                        cover[x - columns.start] += part / ROWS as f32;
                    }
                }
            }
            for (x, part) in columns.clone().zip(&cover) {
                if *part > 0.0 {
                    let pixel = self.pixel(x, y);
                    *pixel = pixel.mix(colour, part * alpha);
                }
            }
        }
    }
}

/// The x at which row `y` crosses the polygon's edges, from left to right.
fn crossings(corners: &[Point], y: f32) -> Vec<f32> {
    let mut found = Vec::with_capacity(8);
    for (i, &(x0, y0)) in corners.iter().enumerate() {
        let (x1, y1) = corners[(i + 1) % corners.len()];
        if (y0 <= y) != (y1 <= y) {
            found.push(x0 + (y - y0) / (y1 - y0) * (x1 - x0));
        }
    }
    found.sort_by(f32::total_cmp);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHITE: Lab = Lab { l: 1.0, a: 0.0, b: 0.0 };

    fn light(canvas: &Canvas) -> f32 {
        canvas.pixels().iter().map(|p| p.l).sum()
    }

    #[test]
    fn areas_are_exact() {
        let mut square = Canvas::new(32, Lab::default());
        square.polygon(&[(4.5, 4.0), (20.25, 4.0), (20.25, 12.0), (4.5, 12.0)], WHITE, 1.0);
        assert!((light(&square) - 15.75 * 8.0).abs() < 0.01, "{}", light(&square));
        let mut disc = Canvas::new(64, Lab::default());
        disc.disc((32.0, 32.0), 20.0, 1.0, WHITE, 1.0);
        assert!((light(&disc) / (std::f32::consts::PI * 400.0) - 1.0).abs() < 0.01);
        let mut stroke = Canvas::new(64, Lab::default());
        stroke.capsule(((10.0, 30.0), 3.0), ((50.0, 30.0), 3.0), 1.0, WHITE, 1.0);
        assert!((light(&stroke) / (240.0 + 28.3) - 1.0).abs() < 0.02, "{}", light(&stroke));
    }

    #[test]
    fn shapes_outside_are_cut() {
        let mut canvas = Canvas::new(16, Lab::default());
        canvas.disc((-50.0, 8.0), 10.0, 1.0, WHITE, 1.0);
        canvas.polygon(&[(100.0, 100.0), (140.0, 100.0), (120.0, 130.0)], WHITE, 1.0);
        assert_eq!(light(&canvas), 0.0);
        canvas.polygon(&[(-9.0, -9.0), (99.0, -9.0), (99.0, 99.0), (-9.0, 99.0)], WHITE, 1.0);
        assert!((light(&canvas) - 256.0).abs() < 0.1);
    }
}
