//! Colour as the eye orders it: OKLab (Ottosson 2020), in which equal steps look equal.

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
    /// From lightness, chroma (0 grey to about 0.3) and hue in degrees.
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

    /// The hue turned by `degrees`.
    pub fn turned(self, degrees: f32) -> Lab {
        let (sin, cos) = (libm::sinf(degrees.to_radians()), libm::cosf(degrees.to_radians()));
        Lab { l: self.l, a: self.a * cos - self.b * sin, b: self.a * sin + self.b * cos }
    }

    /// Distance from grey.
    pub fn chroma(self) -> f32 {
        (self.a * self.a + self.b * self.b).sqrt()
    }

    /// How different two colours look: the Euclidean distance; 0.02 is just visible.
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

    /// From linear-light sRGB, each 0..1.
    pub fn from_linear([r, g, b]: [f32; 3]) -> Lab {
        let l = libm::cbrtf(0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b);
        let m = libm::cbrtf(0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b);
        let s = libm::cbrtf(0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b);
        Lab {
            l: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
            a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
            b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        }
    }

    /// From an sRGB pixel.
    pub fn from_srgb(rgb: [u8; 3]) -> Lab {
        Lab::from_linear(rgb.map(|c| {
            let c = f32::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { libm::powf((c + 0.055) / 1.055, 2.4) }
        }))
    }
}

/// Linear light to sRGB bytes through a table: one `powf` per entry instead of three per pixel.
pub struct SrgbTable(Vec<f32>);

impl SrgbTable {
    const STEPS: usize = 4096;

    /// The table.
    #[allow(clippy::new_without_default)] // a 16 kB table is not a default value
    pub fn new() -> Self {
        let curve = |i: usize| {
            // Indexed by the square root of the light, which spreads the darks where the curve is steep.
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
    pub fn encode(&self, light: f32) -> f32 {
        self.0[(light.clamp(0.0, 1.0).sqrt() * (Self::STEPS - 1) as f32 + 0.5) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srgb_goes_to_oklab_and_back() {
        let table = SrgbTable::new();
        for rgb in [[0, 0, 0], [255, 255, 255], [255, 0, 0], [12, 200, 90], [90, 80, 250]] {
            let back = Lab::from_srgb(rgb).to_linear().map(|c| table.encode(c));
            for (c, b) in rgb.iter().zip(back) {
                assert!((f32::from(*c) - b).abs() < 1.0, "{rgb:?} {back:?}");
            }
        }
    }

    #[test]
    fn known_colours() {
        // Ottosson's own example values: white and pure red.
        let red = Lab::from_srgb([255, 0, 0]);
        assert!(red.distance(Lab { l: 0.628, a: 0.225, b: 0.126 }) < 0.002, "{red:?}");
        assert!(Lab::from_srgb([255; 3]).distance(Lab { l: 1.0, a: 0.0, b: 0.0 }) < 0.002);
        let turned = Lab::lch(0.5, 0.1, 30.0).turned(60.0);
        assert!(turned.distance(Lab::lch(0.5, 0.1, 90.0)) < 1e-5);
    }
}
