//! The colours of each emotion, moved by valence and arousal.

use super::oklab::Lab;
use crate::rng::Rng;
use domain::{Affect, Emotion};

/// The colours of one picture.
#[derive(Clone, Debug)]
pub struct Palette {
    /// From the zenith to the horizon.
    pub sky: [Lab; 3],
    /// Sun, moon, stars, sparks.
    pub light: Lab,
    /// Land from far to near.
    pub land: [Lab; 2],
    /// Colours that stand out from sky and land.
    pub accents: [Lab; 4],
    /// The darkest colour: outlines, leads, silhouettes.
    pub ink: Lab,
    /// The target of the picture's mean colour.
    pub mean: Lab,
}

/// Lightness, chroma, hue in degrees.
type Lch = (f32, f32, f32);

/// An emotion's colours: sky (3), light, land (2), accents (4), ink, mean.
#[rustfmt::skip]
const fn colours(emotion: Emotion) -> [Lch; 12] {
    match emotion {
        Emotion::Happy => [
            (0.80, 0.085, 235.0), (0.90, 0.050, 100.0), (0.90, 0.100, 75.0), (0.975, 0.070, 100.0),
            (0.80, 0.110, 118.0), (0.58, 0.140, 138.0),
            (0.76, 0.155, 62.0), (0.72, 0.145, 35.0), (0.90, 0.150, 96.0), (0.79, 0.090, 200.0),
            (0.34, 0.070, 60.0), (0.790, 0.088, 96.0)],
        Emotion::Sad => [
            (0.40, 0.050, 258.0), (0.51, 0.045, 252.0), (0.62, 0.030, 242.0), (0.78, 0.025, 230.0),
            (0.50, 0.035, 246.0), (0.26, 0.035, 256.0),
            (0.55, 0.070, 256.0), (0.44, 0.065, 272.0), (0.67, 0.040, 222.0), (0.58, 0.050, 292.0),
            (0.17, 0.030, 260.0), (0.450, 0.046, 254.0)],
        Emotion::Angry => [
            (0.20, 0.075, 18.0), (0.38, 0.140, 25.0), (0.62, 0.180, 42.0), (0.82, 0.160, 68.0),
            (0.36, 0.120, 22.0), (0.13, 0.040, 20.0),
            (0.55, 0.205, 28.0), (0.67, 0.185, 47.0), (0.40, 0.150, 15.0), (0.30, 0.080, 350.0),
            (0.09, 0.030, 20.0), (0.385, 0.120, 27.0)],
        Emotion::Confused => [
            (0.48, 0.060, 300.0), (0.58, 0.060, 318.0), (0.69, 0.055, 20.0), (0.83, 0.060, 70.0),
            (0.53, 0.050, 312.0), (0.30, 0.050, 325.0),
            (0.60, 0.095, 302.0), (0.64, 0.080, 58.0), (0.56, 0.065, 195.0), (0.66, 0.085, 345.0),
            (0.20, 0.040, 312.0), (0.560, 0.055, 318.0)],
        Emotion::Disgusted => [
            (0.38, 0.065, 132.0), (0.53, 0.088, 120.0), (0.68, 0.105, 106.0), (0.85, 0.120, 108.0),
            (0.46, 0.080, 122.0), (0.21, 0.050, 138.0),
            (0.58, 0.130, 122.0), (0.48, 0.095, 92.0), (0.40, 0.080, 325.0), (0.71, 0.130, 113.0),
            (0.14, 0.040, 130.0), (0.485, 0.088, 119.0)],
        Emotion::Surprised => [
            (0.55, 0.150, 318.0), (0.70, 0.150, 345.0), (0.85, 0.095, 35.0), (0.97, 0.065, 96.0),
            (0.62, 0.145, 335.0), (0.35, 0.125, 312.0),
            (0.70, 0.185, 352.0), (0.82, 0.120, 198.0), (0.88, 0.145, 95.0), (0.60, 0.190, 310.0),
            (0.24, 0.090, 308.0), (0.665, 0.115, 344.0)],
        Emotion::Calm => [
            (0.70, 0.065, 222.0), (0.81, 0.050, 205.0), (0.90, 0.035, 150.0), (0.965, 0.030, 108.0),
            (0.74, 0.045, 196.0), (0.46, 0.055, 176.0),
            (0.77, 0.070, 180.0), (0.68, 0.065, 216.0), (0.86, 0.055, 142.0), (0.80, 0.050, 252.0),
            (0.28, 0.040, 200.0), (0.730, 0.052, 194.0)],
        Emotion::Fear => [
            (0.11, 0.045, 285.0), (0.22, 0.070, 290.0), (0.37, 0.070, 272.0), (0.80, 0.050, 178.0),
            (0.25, 0.055, 286.0), (0.07, 0.020, 290.0),
            (0.34, 0.105, 300.0), (0.42, 0.085, 268.0), (0.24, 0.075, 320.0), (0.58, 0.075, 176.0),
            (0.045, 0.015, 290.0), (0.250, 0.056, 288.0)],
        Emotion::Unknown => [
            (0.55, 0.022, 262.0), (0.67, 0.018, 250.0), (0.79, 0.018, 80.0), (0.93, 0.022, 88.0),
            (0.60, 0.018, 250.0), (0.35, 0.022, 262.0),
            (0.67, 0.032, 250.0), (0.56, 0.036, 205.0), (0.74, 0.034, 62.0), (0.60, 0.032, 312.0),
            (0.21, 0.015, 262.0), (0.640, 0.012, 250.0)],
    }
}

/// Valdez & Mehrabian (1994): pleasure = 0.69 B + 0.22 S, arousal = -0.31 B + 0.60 S. Solved for brightness and
/// saturation.
fn brightness_and_saturation(pleasure: f32, arousal: f32) -> (f32, f32) {
    const DETERMINANT: f32 = 0.69 * 0.60 + 0.22 * 0.31;
    ((0.60 * pleasure - 0.22 * arousal) / DETERMINANT, (0.31 * pleasure + 0.69 * arousal) / DETERMINANT)
}

impl Palette {
    /// The dominant emotion's colours, brighter or more saturated in proportion to the distance of the affect's point from
    /// that emotion's own point, with a small variation by seed.
    pub fn new(affect: &Affect, seed: u64) -> Self {
        let emotion = affect.dominant();
        let (valence, arousal) = emotion.point();
        let apart = |value: f64, own: f64| (value.clamp(-1.0, 1.0) - own).clamp(-1.0, 1.0) as f32;
        let (brighter, richer) =
            brightness_and_saturation(apart(affect.valence, valence), apart(affect.arousal, arousal));
        let (lift, chroma) = ((0.04 * brighter).clamp(-0.07, 0.07), (1.0 + 0.16 * richer).clamp(0.75, 1.25));
        let mut rng = Rng::new(seed, "palette");
        let (turn, own_lift, own_chroma) = (rng.around(7.0), rng.around(0.012), rng.range(0.92, 1.08));
        let c = colours(emotion).map(|(l, c, h)| {
            Lab::lch((l + lift + own_lift).clamp(0.03, 0.985), c * chroma * own_chroma, h + turn)
        });
        Palette {
            sky: [c[0], c[1], c[2]],
            light: c[3],
            land: [c[4], c[5]],
            accents: [c[6], c[7], c[8], c[9]],
            ink: c[10],
            mean: c[11],
        }
    }

    /// The colour of the sky from the zenith (0) to the horizon (1).
    #[inline]
    pub fn sky_at(&self, t: f32) -> Lab {
        let t = t.clamp(0.0, 1.0);
        if t < 0.5 {
            self.sky[0].mix(self.sky[1], t * 2.0)
        } else {
            self.sky[1].mix(self.sky[2], t * 2.0 - 1.0)
        }
    }

    /// A colour along the ring of accents, with period 1.
    pub fn accent_at(&self, t: f32) -> Lab {
        let t = (t - t.floor()) * 4.0;
        let index = (t as usize).min(3);
        self.accents[index].mix(self.accents[(index + 1) % 4], t - index as f32)
    }

    /// The emotion's own mean colour, before valence, arousal and seed move it. A picture's emotion is recovered as the
    /// nearest of them.
    pub fn centroid(emotion: Emotion) -> Lab {
        let (l, c, h) = colours(emotion)[11];
        Lab::lch(l, c, h)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Distribution;

    #[test]
    fn emotions_are_far_apart() {
        for one in Emotion::ALL {
            for other in Emotion::ALL.into_iter().filter(|other| *other != one) {
                let apart = Palette::centroid(one).distance(Palette::centroid(other));
                assert!(apart > 0.07, "{one} {other} {apart}");
            }
        }
    }

    #[test]
    fn pleasure_brightens_and_arousal_saturates() {
        let calm = Affect::certain(Emotion::Calm);
        let base = Palette::new(&calm, 1).mean;
        let pleased = Palette::new(&Affect { valence: 1.0, ..calm.clone() }, 1).mean;
        let stirred = Palette::new(&Affect { arousal: 0.5, ..calm }, 1).mean;
        assert!(pleased.l > base.l && stirred.chroma() > base.chroma());
    }

    #[test]
    fn extreme_points_stay_colours() {
        for (valence, arousal) in [(1e300, -1e300), (-1.0, 1.0), (f64::INFINITY, 0.0)] {
            let affect = Affect { distribution: Distribution::certain(Emotion::Fear), valence, arousal };
            let mean = Palette::new(&affect, 3).mean;
            assert!((0.03..0.99).contains(&mean.l) && mean.chroma() < 0.2, "{mean:?}");
        }
    }
}
