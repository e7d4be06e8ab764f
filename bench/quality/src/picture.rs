//! Colours, contrast and faults of a picture.

use domain::Emotion;
use muse::picture::oklab::Lab;
use muse::picture::palette::Palette;

/// The measures of one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    pub mean: Lab,
    /// Distance of the mean colour from the emotion's own colour.
    pub palette_distance: f32,
    /// Standard deviation of lightness.
    pub contrast: f32,
    /// Share of pixels with a channel at 0 or 255.
    pub clipped: f32,
    /// The strongest vertical break through the whole picture, relative to the mean break; a visible seam is above 6.
    pub seam: f32,
}

impl Look {
    /// Measures `size` × `size` decoded sRGB pixels that express `emotion`.
    ///
    /// # Panics
    /// If there are fewer pixels.
    pub fn measure(rgb: &[u8], size: usize, emotion: Emotion) -> Look {
        let light = light_table();
        let pixels: Vec<Lab> = rgb.chunks_exact(3).map(|p| to_lab(&light, p)).collect();
        let count = pixels.len() as f32;
        let mean = mean(&pixels);
        // Row by row: one f32 sum of a million small numbers loses precision.
        let variance = pixels
            .chunks(size)
            .map(|row| row.iter().map(|p| (p.l - mean.l) * (p.l - mean.l)).sum::<f32>())
            .sum::<f32>()
            / count;
        let clipped = rgb.chunks_exact(3).filter(|p| p.iter().any(|c| *c == 0 || *c == 255)).count();
        Look {
            mean,
            palette_distance: mean.distance(Palette::centroid(emotion)),
            contrast: variance.sqrt(),
            clipped: clipped as f32 / count,
            seam: seam(&pixels, size),
        }
    }

    /// The emotion whose own colour is nearest to the picture's mean.
    pub fn emotion(&self) -> Emotion {
        let distance = |emotion: &Emotion| self.mean.distance(Palette::centroid(*emotion));
        Emotion::ALL
            .into_iter()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .unwrap_or(Emotion::Unknown)
    }
}

/// The linear light of each sRGB value.
fn light_table() -> [f32; 256] {
    std::array::from_fn(|c| {
        let c = c as f32 / 255.0;
        if c <= 0.04045 { c / 12.92 } else { libm::powf((c + 0.055) / 1.055, 2.4) }
    })
}

fn to_lab(light: &[f32; 256], pixel: &[u8]) -> Lab {
    let [r, g, b] = [0, 1, 2].map(|i| light[usize::from(pixel[i])]);
    let l = libm::cbrtf(0.412_221_46 * r + 0.536_332_55 * g + 0.051_445_995 * b);
    let m = libm::cbrtf(0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b);
    let s = libm::cbrtf(0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b);
    Lab {
        l: 0.210_454_26 * l + 0.793_617_8 * m - 0.004_072_047 * s,
        a: 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s,
        b: 0.025_904_037 * l + 0.782_771_77 * m - 0.808_675_77 * s,
    }
}

fn mean(pixels: &[Lab]) -> Lab {
    let sums = pixels.chunks(1024).map(|part| part.iter().fold(Lab::default(), |sum, pixel| sum + *pixel));
    sums.fold(Lab::default(), |sum, part| sum + part) * (1.0 / pixels.len().max(1) as f32)
}

/// The largest median step between neighbouring columns, relative to the mean of those medians. A median is large only if
/// most of a column breaks. Rows are not measured: a horizon is a break.
fn seam(pixels: &[Lab], size: usize) -> f32 {
    let mut medians: Vec<f32> = Vec::with_capacity(size);
    for x in 1..size {
        let mut steps: Vec<f32> =
            (0..size).map(|row| pixels[row * size + x].distance(pixels[row * size + x - 1])).collect();
        let (_, median, _) = steps.select_nth_unstable_by(size / 2, f32::total_cmp);
        medians.push(*median);
    }
    let most = medians.iter().fold(0.0f32, |most, median| most.max(*median));
    most / (medians.iter().sum::<f32>() / medians.len().max(1) as f32).max(0.002)
}

/// The mean distance of the pixels of two pictures of one size.
pub fn difference(one: &[u8], other: &[u8]) -> f32 {
    let light = light_table();
    let pixel = |p: &[u8]| to_lab(&light, p);
    let pairs = one.chunks_exact(3).zip(other.chunks_exact(3));
    let (sum, count) =
        pairs.fold((0.0, 0.0), |(sum, n), (a, b)| (sum + pixel(a).distance(pixel(b)), n + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy(size: usize, step_at: usize) -> Vec<u8> {
        let shade = |x: usize| if x >= step_at { 60 } else { 0 };
        let noise =
            |i: usize| (i as u32).wrapping_mul(0x9e37_79b1).rotate_left(15).wrapping_mul(0x85eb_ca77) >> 29;
        (0..size * size).flat_map(|i| [(80 + shade(i % size) + noise(i) as usize) as u8; 3]).collect()
    }

    #[test]
    fn a_seam_is_distinct_from_noise() {
        assert!(Look::measure(&noisy(64, 32), 64, Emotion::Calm).seam > 6.0);
        assert!(Look::measure(&noisy(64, 99), 64, Emotion::Calm).seam < 3.0);
    }

    #[test]
    fn black_and_white_are_clipped_and_grey_is_not() {
        let look = |value: u8| Look::measure(&vec![value; 48 * 16], 16, Emotion::Calm);
        assert_eq!((look(0).clipped, look(128).clipped, look(255).clipped), (1.0, 0.0, 1.0));
        assert!(look(128).contrast < 1e-3);
    }

    #[test]
    fn difference_is_a_distance() {
        assert_eq!(difference(&[9; 12], &[9; 12]), 0.0);
        assert!((difference(&[0; 12], &[255; 12]) - 1.0).abs() < 0.01);
    }

    #[test]
    fn oklab_is_the_inverse_of_the_makers() {
        let light = light_table();
        for rgb in [[0, 0, 0], [255, 255, 255], [255, 0, 0], [12, 200, 90], [90, 80, 250]] {
            let back = to_lab(&light, &rgb).to_linear();
            for (value, linear) in rgb.iter().zip(back) {
                assert!((light[usize::from(*value)] - linear).abs() < 1e-4, "{rgb:?} {back:?}");
            }
        }
        // Ottosson's own values of pure red and white.
        let red = to_lab(&light, &[255, 0, 0]);
        assert!(red.distance(Lab { l: 0.628, a: 0.225, b: 0.126 }) < 0.002, "{red:?}");
        assert!(to_lab(&light, &[255; 3]).distance(Lab { l: 1.0, a: 0.0, b: 0.0 }) < 0.002);
    }
}
