//! A coarse grid of numbers, read smoothly in between: what is soft by nature needs no full resolution.

/// Square grid over 0..1 × 0..1.
pub struct Field {
    size: usize,
    values: Vec<f32>,
}

impl Field {
    /// `size` × `size` samples (at least 2 × 2) of `value(x, y)`.
    pub fn from_fn(size: usize, value: impl Fn(f32, f32) -> f32) -> Self {
        let size = size.max(2);
        let step = 1.0 / (size - 1) as f32;
        let values = (0..size * size).map(|i| value((i % size) as f32 * step, (i / size) as f32 * step));
        Field { size, values: values.collect() }
    }

    /// The value at (x, y), bilinear; outside 0..1 that of the nearest edge.
    #[inline]
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let last = (self.size - 1) as f32;
        let (x, y) = ((x * last).clamp(0.0, last - 0.001), (y * last).clamp(0.0, last - 0.001));
        let (column, row) = (x as usize, y as usize);
        let (fx, fy) = (x - column as f32, y - row as f32);
        let here = row * self.size + column;
        let v = &self.values;
        let top = v[here] + (v[here + 1] - v[here]) * fx;
        let bottom = v[here + self.size] + (v[here + self.size + 1] - v[here + self.size]) * fx;
        top + (bottom - top) * fy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_read_back_exactly() {
        let plane = Field::from_fn(9, |x, y| 2.0 * x - y);
        for (x, y) in [(0.0, 0.0), (0.33, 0.71), (0.999, 0.5)] {
            assert!((plane.at(x, y) - (2.0 * x - y)).abs() < 1e-3);
        }
        assert!((plane.at(-3.0, 9.0) - -1.0).abs() < 1e-2);
    }
}
