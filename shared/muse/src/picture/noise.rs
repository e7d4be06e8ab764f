//! Gradient noise (Perlin 2002), its sums, and coarse grids of numbers that are read smoothly.

/// A noise function, different for each seed.
#[derive(Clone, Copy, Debug)]
pub struct Noise(u32);

const GRADIENTS: [(f32, f32); 8] = {
    const D: f32 = std::f32::consts::FRAC_1_SQRT_2;
    [(1.0, 0.0), (D, D), (0.0, 1.0), (-D, D), (-1.0, 0.0), (-D, -D), (0.0, -1.0), (D, -D)]
};

impl Noise {
    pub fn new(bits: u64) -> Self {
        Noise((bits >> 32) as u32 ^ bits as u32)
    }

    #[inline]
    fn hash(self, x: i32, y: i32) -> u32 {
        let mut h = self.0
            ^ (x as u32).wrapping_mul(0x9e37_79b1)
            ^ (y as u32).wrapping_mul(0x85eb_ca77).rotate_left(13);
        h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
        h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
        h ^ (h >> 15)
    }

    /// White noise in 0..1 on the integer grid.
    #[inline]
    pub fn white(self, x: i32, y: i32) -> f32 {
        (self.hash(x, y) >> 8) as f32 / (1 << 24) as f32
    }

    /// Smooth noise of about -1..1 with features of size 1.
    #[inline]
    pub fn at(self, x: f32, y: f32) -> f32 {
        let (x0, y0) = (x.floor(), y.floor());
        let (fx, fy) = (x - x0, y - y0);
        let (ix, iy) = (x0 as i32, y0 as i32);
        let corner = |dx: i32, dy: i32| {
            let (gx, gy) = GRADIENTS[(self.hash(ix.wrapping_add(dx), iy.wrapping_add(dy)) & 7) as usize];
            gx * (fx - dx as f32) + gy * (fy - dy as f32)
        };
        let fade = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        let (u, v) = (fade(fx), fade(fy));
        let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * u;
        let bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * u;
        (top + (bottom - top) * v) * 1.5
    }

    /// `octaves` noises, each of twice the frequency and `gain` times the strength of the one before; about -1..1.
    #[inline]
    pub fn sum(self, x: f32, y: f32, octaves: u32, gain: f32) -> f32 {
        let (mut value, mut strength, mut total) = (0.0, 1.0, 0.0);
        let (mut x, mut y) = (x, y);
        for octave in 0..octaves {
            value += Noise(self.0.wrapping_add(octave)).at(x, y) * strength;
            total += strength;
            strength *= gain;
            // Rotated at every octave (by the 3-4-5 triangle), so that no grid shows through.
            (x, y) = (1.6 * x - 1.2 * y + 17.3, 1.2 * x + 1.6 * y - 9.1);
        }
        value / total
    }

    /// As [`Noise::sum`], with creases: 1 along the ridges, towards 0 between them.
    pub fn ridged(self, x: f32, y: f32, octaves: u32, gain: f32) -> f32 {
        let (mut value, mut strength, mut total) = (0.0, 1.0, 0.0);
        for octave in 0..octaves {
            let scale = (1u32 << octave) as f32;
            let crease = 1.0 - Noise(self.0.wrapping_add(octave)).at(x * scale, y * scale).abs();
            value += crease * strength;
            total += strength;
            strength *= gain;
        }
        value / total
    }
}

/// 0 up to `from`, 1 from `to` on, a cubic between.
#[inline]
pub fn smooth_step(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A function over 0..1 × 0..1 that is sampled on a square grid: soft shapes need no full resolution.
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
    fn noise_is_smooth_and_centred() {
        let noise = Noise::new(99);
        let mut sum = 0.0;
        for i in 0..40_000 {
            let (x, y) = ((i % 200) as f32 * 0.13, (i / 200) as f32 * 0.13);
            let here = noise.sum(x, y, 4, 0.5);
            assert!(here.abs() <= 1.1, "{here}");
            assert!((noise.at(x, y) - noise.at(x + 0.001, y)).abs() < 0.01);
            sum += here;
        }
        assert!((sum / 40_000.0f32).abs() < 0.1, "{sum}");
    }

    #[test]
    fn steps_are_clamped() {
        assert_eq!((smooth_step(1.0, 2.0, 0.0), smooth_step(1.0, 2.0, 3.0)), (0.0, 1.0));
        assert_eq!(smooth_step(0.0, 1.0, 0.5), 0.5);
    }

    #[test]
    fn a_plane_is_read_back_exactly() {
        let plane = Field::from_fn(9, |x, y| 2.0 * x - y);
        for (x, y) in [(0.0, 0.0), (0.33, 0.71), (0.999, 0.5)] {
            assert!((plane.at(x, y) - (2.0 * x - y)).abs() < 1e-3);
        }
        assert!((plane.at(-3.0, 9.0) - -1.0).abs() < 1e-2);
    }
}
