//! OKLab (Ottosson 2020): a colour space in which equal steps look equal.

use std::ops::{Add, Mul, Sub};

/// A colour in OKLab: `l` 0 (black) to 1 (white), `a` green to red, `b` blue to yellow, each about -0.3..0.3.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[allow(missing_docs)] // the components are OKLab's own names
pub struct Lab {
    pub l: f32,
    pub a: f32,
    pub b: f32,
}

impl Add for Lab {
    type Output = Lab;
    fn add(self, other: Lab) -> Lab {
        Lab { l: self.l + other.l, a: self.a + other.a, b: self.b + other.b }
    }
}

impl Sub for Lab {
    type Output = Lab;
    fn sub(self, other: Lab) -> Lab {
        Lab { l: self.l - other.l, a: self.a - other.a, b: self.b - other.b }
    }
}

impl Mul<f32> for Lab {
    type Output = Lab;
    fn mul(self, k: f32) -> Lab {
        Lab { l: self.l * k, a: self.a * k, b: self.b * k }
    }
}

impl Lab {
    /// From lightness, chroma (0 to about 0.3) and hue in degrees.
    pub fn lch(l: f32, chroma: f32, hue_degrees: f32) -> Lab {
        let hue = hue_degrees.to_radians();
        Lab { l, a: chroma * libm::cosf(hue), b: chroma * libm::sinf(hue) }
    }

    /// The colour `t` of the way to `other`.
    #[inline]
    pub fn mix(self, other: Lab, t: f32) -> Lab {
        self + (other - self) * t
    }

    /// The same hue and chroma, lighter by `dl`.
    #[inline]
    pub fn lighter(self, dl: f32) -> Lab {
        Lab { l: self.l + dl, ..self }
    }

    /// The same lightness with chroma times `k`.
    pub fn vivid(self, k: f32) -> Lab {
        Lab { a: self.a * k, b: self.b * k, ..self }
    }

    /// The distance from grey.
    pub fn chroma(self) -> f32 {
        (self.a * self.a + self.b * self.b).sqrt()
    }

    /// The Euclidean distance; 0.02 is just visible.
    pub fn distance(self, other: Lab) -> f32 {
        let d = self - other;
        (d.l * d.l + d.a * d.a + d.b * d.b).sqrt()
    }

    /// Linear-light sRGB, which may lie outside 0..1.
    #[inline]
    pub fn to_linear(self) -> [f32; 3] {
        let l = self.l + 0.396_337_78 * self.a + 0.215_803_76 * self.b;
        let m = self.l - 0.105_561_346 * self.a - 0.063_854_17 * self.b;
        let s = self.l - 0.089_484_18 * self.a - 1.291_485_5 * self.b;
        let (l, m, s) = (l * l * l, m * m * m, s * s * s);
        [
            4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
            -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
        ]
    }
}

/// A table from linear light to sRGB values: one `powf` per entry instead of three per pixel.
pub(super) struct SrgbTable(Vec<f32>);

impl SrgbTable {
    const STEPS: usize = 4096;

    pub(super) fn new() -> Self {
        let curve = |i: usize| {
            // Indexed by the square root of the light: more entries for darks, where the curve is steep.
            let root = i as f32 / (Self::STEPS - 1) as f32;
            let light = root * root;
            let c = if light <= 0.003_130_8 {
                12.92 * light
            } else {
                1.055 * libm::powf(light, 1.0 / 2.4) - 0.055
            };
            c * 255.0
        };
        SrgbTable((0..Self::STEPS).map(curve).collect())
    }

    /// The sRGB value 0.0..255.0 of a linear light, which is clamped to 0..1.
    #[inline]
    pub(super) fn encode(&self, light: f32) -> f32 {
        self.0[(light.clamp(0.0, 1.0).sqrt() * (Self::STEPS - 1) as f32 + 0.5) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours() {
        // Ottosson's own values of pure red, and white.
        let table = SrgbTable::new();
        for (lab, rgb) in [
            (Lab { l: 0.627_955, a: 0.224_863, b: 0.125_846 }, [255.0, 0.0, 0.0]),
            (Lab { l: 1.0, a: 0.0, b: 0.0 }, [255.0; 3]),
            (Lab::default(), [0.0; 3]),
        ] {
            let shown = lab.to_linear().map(|light| table.encode(light));
            assert!(
                shown.iter().zip(rgb).all(|(c, expected)| (c - expected).abs() < 1.0),
                "{lab:?} {shown:?}"
            );
        }
    }

    #[test]
    fn hues_are_degrees_around_grey() {
        let apart = Lab::lch(0.5, 0.1, 90.0).distance(Lab { l: 0.5, a: 0.0, b: 0.1 });
        assert!(apart < 1e-6, "{apart}");
    }
}
