//! OKLab to sRGB bytes: the mean is pulled to the palette's, edges darken, grain hides banding, and colours outside the
//! gamut lose chroma instead of clipping.

use super::canvas::Canvas;
use super::noise::Noise;
use super::oklab::{Lab, SrgbTable};
use super::palette::Palette;

/// Share of the distance that the picture's mean moves towards the palette's.
const PULL: f32 = 0.80;
/// Bounds of lightness, so that neither end clips.
const DARKEST: f32 = 0.035;
const LIGHTEST: f32 = 0.985;

/// sRGB bytes, row by row.
pub(super) fn develop(canvas: &mut Canvas, palette: &Palette, grain: Noise) -> Vec<u8> {
    vignette(canvas);
    pull_to(canvas, palette.mean);
    let table = SrgbTable::new();
    let size = canvas.size();
    let mut rgb = Vec::with_capacity(size * size * 3);
    for (i, pixel) in canvas.pixels().iter().enumerate() {
        let speck = grain.white((i % size) as i32, (i / size) as i32) - 0.5;
        let l = (pixel.l + 0.010 * speck).clamp(DARKEST, LIGHTEST);
        let light = into_gamut(Lab { l, ..*pixel }.to_linear());
        rgb.extend(light.map(|c| (table.encode(c) + 0.5) as u8));
    }
    rgb
}

fn vignette(canvas: &mut Canvas) {
    let size = canvas.size();
    let scale = 2.0 / size as f32;
    for y in 0..size {
        let v = (y as f32 + 0.5) * scale - 1.0;
        for x in 0..size {
            let u = (x as f32 + 0.5) * scale - 1.0;
            let corner = (u * u + v * v - 0.5).max(0.0);
            let pixel = canvas.pixel(x, y);
            pixel.l *= 1.0 - 0.10 * corner;
        }
    }
}

fn mean(canvas: &Canvas) -> Lab {
    // Every 7th pixel: 7 is no factor of the default size, so that no column is favoured.
    let (mut sum, mut count) = (Lab::default(), 0.0);
    for pixel in canvas.pixels().iter().step_by(7) {
        sum = sum + *pixel;
        count += 1.0;
    }
    sum * (1.0 / count)
}

/// Moves the mean towards `target`: lightness by a curve that keeps black and white, colour mostly in the middle tones.
fn pull_to(canvas: &mut Canvas, target: Lab) {
    let before = mean(canvas);
    let wanted = before.mix(target, PULL);
    // l + k l (1 - l) keeps 0 and 1 and rises everywhere for |k| <= 1.
    let (mut room, mut count) = (0.0, 0.0);
    for pixel in canvas.pixels().iter().step_by(7) {
        let l = pixel.l.clamp(0.0, 1.0);
        room += l * (1.0 - l);
        count += 1.0;
    }
    let k = ((wanted.l - before.l) * count / f32::max(room, 1e-3)).clamp(-0.9, 0.9);
    let (da, db) = (wanted.a - before.a, wanted.b - before.b);
    for pixel in canvas.pixels_mut() {
        let l = pixel.l.clamp(0.0, 1.0);
        let middle = (4.0 * l * (1.0 - l)).sqrt();
        *pixel = Lab { l: l + k * l * (1.0 - l), a: pixel.a + da * middle, b: pixel.b + db * middle };
    }
    let after = mean(canvas);
    let rest = wanted - after;
    for pixel in canvas.pixels_mut() {
        let middle = 4.0 * pixel.l * (1.0 - pixel.l).max(0.0);
        *pixel = Lab { l: pixel.l, a: pixel.a + rest.a * middle, b: pixel.b + rest.b * middle };
    }
}

/// Reduces a colour's chroma until each channel is in the gamut.
#[inline]
fn into_gamut(light: [f32; 3]) -> [f32; 3] {
    const LOW: f32 = 0.0038;
    const HIGH: f32 = 0.93;
    let grey = (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]).clamp(LOW, HIGH);
    let mut keep = 1.0f32;
    for c in light {
        if c > HIGH {
            keep = keep.min((HIGH - grey) / (c - grey));
        } else if c < LOW {
            keep = keep.min((grey - LOW) / (grey - c));
        }
    }
    light.map(|c| grey + (c - grey) * keep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_colour_clips() {
        for l in [0.0, 0.3, 0.7, 1.0] {
            for hue in 0..36 {
                let shown = into_gamut(Lab::lch(l, 0.4, hue as f32 * 10.0).to_linear());
                assert!(shown.iter().all(|c| (0.0037..=0.931).contains(c)), "{l} {hue} {shown:?}");
            }
        }
    }

    #[test]
    fn the_mean_is_pulled_to_the_target() {
        let target = Lab::lch(0.6, 0.08, 40.0);
        let mut canvas = Canvas::from_fn(64, |x, y| Lab::lch(0.2 + 0.5 * x, 0.05, 360.0 * y));
        let before = mean(&canvas).distance(target);
        pull_to(&mut canvas, target);
        assert!(mean(&canvas).distance(target) < 0.25 * before);
    }
}
