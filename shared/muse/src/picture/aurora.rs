//! Curtains of light in the sky over a shore. A curtain is a folded line whose points send rays upwards; at its folds the
//! rays add up.

use super::canvas::Canvas;
use super::noise::{Noise, smooth_step};
use super::style::Brief;
use crate::rng::Rng;

/// Light gathered per pixel: the amount, and the amount times its relative height in the curtain.
struct Glow {
    size: usize,
    light: Vec<(f32, f32)>,
}

pub(super) fn paint(brief: &Brief<'_>) -> Canvas {
    let mut rng = Rng::new(brief.seed, "aurora");
    let horizon = rng.range(0.70, 0.78);
    let mut glow = Glow { size: brief.size, light: vec![(0.0, 0.0); brief.size * brief.size] };
    let curtains = 3 + rng.below(2);
    for i in 0..curtains {
        let depth = i as f32 / curtains as f32;
        hang(&mut glow, brief, depth, horizon, &mut rng);
    }
    // Two box filters make a triangle filter, which leaves no corners.
    glow.soften();
    glow.soften();
    let mut canvas = sky(brief, horizon, &mut rng);
    shine(&mut canvas, &glow, brief, rng.unit());
    shore(&mut canvas, brief, horizon, &mut rng);
    canvas
}

fn sky(brief: &Brief<'_>, horizon: f32, rng: &mut Rng) -> Canvas {
    let p = brief.palette;
    let haze = Noise::new(rng.bits());
    let mut canvas = Canvas::from_fn(brief.size, |u, v| {
        let t = (v / horizon).min(1.0);
        let drift = 0.10 * haze.at(u * 1.6, v * 2.4);
        p.sky_at(t * t * 0.85 + drift).mix(p.ink.mix(p.land[1], 0.5), 0.62 - 0.50 * t * t)
    });
    let side = canvas.side();
    for _ in 0..240 {
        let bright = rng.unit() * rng.unit();
        let at = (rng.unit() * side, rng.unit() * horizon * side);
        canvas.disc(at, side * (0.0005 + 0.0011 * bright), 1.2, p.light, 0.2 + 0.7 * bright);
    }
    canvas
}

/// Adds one curtain: `depth` 0 is far (low, faint), 1 near (high, tall).
fn hang(glow: &mut Glow, brief: &Brief<'_>, depth: f32, horizon: f32, rng: &mut Rng) {
    let noise = Noise::new(rng.bits());
    let unrest = 0.5 + 0.5 * brief.arousal;
    let lower = horizon - 0.10 - 0.26 * depth + rng.around(0.05);
    let tall = (0.20 + 0.26 * depth) * (0.85 + 0.3 * unrest);
    let fold = 0.09 + 0.10 * unrest;
    let slant = rng.around(0.16);
    let points = brief.size * 3;
    for i in 0..points {
        let t = -0.25 + 1.5 * i as f32 / points as f32;
        let x = t + fold * noise.sum(t * 3.2, 1.5, 3, 0.5) * 2.0;
        let y = lower + slant * (t - 0.5) + 0.12 * noise.sum(t * 2.0, 8.5, 2, 0.5);
        let rays = 0.45 + 0.55 * noise.sum(t * (26.0 + 30.0 * unrest), 20.5, 2, 0.6);
        let patch = smooth_step(-0.45, 0.5, noise.at(t * 1.9, 33.5));
        let strength = (rays.max(0.05) * patch * (0.45 + 0.55 * depth)).min(1.5);
        let height = tall * (0.65 + 0.55 * noise.at(t * 7.0, 45.5).abs());
        glow.ray(x, y, height, strength);
    }
}

impl Glow {
    /// Spreads the light a little sideways: rays that pile up where a curtain turns back would look like a seam.
    fn soften(&mut self) {
        let reach = self.size / 90;
        let mut row = vec![(0.0f32, 0.0f32); self.size + 2 * reach];
        let share = 1.0 / (2 * reach + 1) as f32;
        for line in self.light.chunks_mut(self.size) {
            row[reach..reach + line.len()].copy_from_slice(line);
            let (mut light, mut height) = (0.0, 0.0);
            for cell in &row[..2 * reach] {
                (light, height) = (light + cell.0, height + cell.1);
            }
            for (x, cell) in line.iter_mut().enumerate() {
                (light, height) = (light + row[x + 2 * reach].0, height + row[x + 2 * reach].1);
                *cell = ((light * share).max(0.0), (height * share).max(0.0));
                (light, height) = (light - row[x].0, height - row[x].1);
            }
        }
    }

    /// Adds one ray from (x, y) upwards, with a sharp lower edge and a slow fade above.
    fn ray(&mut self, x: f32, y: f32, height: f32, strength: f32) {
        let side = self.size as f32;
        let column = x * side - 0.5;
        let left = column.floor();
        let part = column - left;
        let (foot, tall) = (y * side, height * side);
        let first = (foot - tall).max(0.0) as usize;
        let last = ((foot + 0.035 * side).max(0.0) as usize).min(self.size);
        for (offset, share) in [(0.0, 1.0 - part), (1.0, part)] {
            let column = left + offset;
            if column < 0.0 || column >= side {
                continue;
            }
            for row in first..last {
                let up = (foot - row as f32) / tall;
                let fade = if up < 0.0 {
                    smooth_step(0.035, 0.0, -up * height)
                } else {
                    (1.0 - up) * (1.0 - up) * (1.0 - 0.3 * up)
                };
                let light = strength * share * fade;
                let cell = &mut self.light[row * self.size + column as usize];
                *cell = (cell.0 + light, cell.1 + light * up.max(0.0));
            }
        }
    }
}

/// Blends the gathered light over the sky: one accent at the curtains' feet, another at their tips.
fn shine(canvas: &mut Canvas, glow: &Glow, brief: &Brief<'_>, which: f32) {
    let p = brief.palette;
    let foot = p.accent_at(which).mix(p.light, 0.40).vivid(1.25);
    let tip = p.accent_at(which + 0.4).vivid(1.3);
    for (pixel, (light, height)) in canvas.pixels_mut().iter_mut().zip(&glow.light) {
        if *light > 0.0 {
            // Soft saturation: folds are brighter but never clip.
            let amount = light / (light + 0.85);
            let colour = foot.mix(tip, smooth_step(0.08, 0.55, height / light));
            let colour = colour.mix(p.light, 0.55 * amount * amount);
            let lifted = pixel.mix(colour, 0.95 * amount);
            *pixel = lifted.lighter(0.06 * amount);
        }
    }
}

/// Paints a dark shore with trees, and water that mirrors the sky.
fn shore(canvas: &mut Canvas, brief: &Brief<'_>, horizon: f32, rng: &mut Rng) {
    let size = canvas.size();
    let p = brief.palette;
    let (hills, ripples) = (Noise::new(rng.bits()), Noise::new(rng.bits()));
    let sharp = (0.5 - 0.5 * brief.valence).clamp(0.0, 1.0);
    let line = (horizon * size as f32) as usize;
    let dark = p.land[1].mix(p.ink, 0.55);
    for x in 0..size {
        let u = x as f32 / size as f32;
        let gentle = hills.sum(u * 2.6, 0.5, 4, 0.5);
        let rugged = hills.ridged(u * 2.6, 5.5, 5, 0.5) * 1.6 - 0.9;
        let rise = 0.055 + 0.05 * (gentle + (rugged - gentle) * sharp);
        let trees =
            0.011 * hills.white((u * 340.0) as i32, 3) * smooth_step(0.0, 0.3, hills.at(u * 6.0, 60.0));
        let top = (horizon - rise.max(0.008) - trees) * size as f32;
        for y in top.max(0.0) as usize..line {
            let cover = (y as f32 + 1.0 - top).min(1.0);
            let mist = smooth_step(top, line as f32, y as f32) * 0.30;
            let pixel = canvas.pixel(x, y);
            *pixel = pixel.mix(dark.mix(p.sky[2], mist), cover);
        }
    }
    let above = canvas.pixels()[..line * size].to_vec();
    for y in line..size {
        let near = (y - line) as f32 / (size - line) as f32;
        for x in 0..size {
            let (u, v) = (x as f32 / size as f32, (y - line) as f32 / size as f32);
            let ripple = ripples.at(u / (0.02 + 0.09 * near), v / (0.004 + 0.02 * near));
            let up = v * 1.9 + 0.03 * ripple * (0.15 + near);
            let from_y = ((horizon - up) * size as f32).clamp(0.0, line as f32 - 1.0) as usize;
            let from_x = ((u + 0.008 * ripple) * size as f32).clamp(0.0, size as f32 - 1.0) as usize;
            let colour = above[from_y * size + from_x].mix(dark, 0.20 + 0.28 * near);
            *canvas.pixel(x, y) = colour.lighter(0.016 * ripple);
        }
    }
}
