//! Water: what lies above it, mirrored, rippled and tinted, with a path of light under the sun.

use super::Scene;
use crate::picture::canvas::Canvas;
use crate::picture::noise::smooth_step;

pub(super) fn paint(canvas: &mut Canvas, scene: &Scene<'_>) {
    let Some(edge) = scene.plan.water else { return };
    let size = canvas.size();
    let line = (edge * size as f32) as usize;
    let noise = scene.noise("water");
    let rough = 0.55 + 0.45 * scene.arousal;
    let p = scene.palette;
    let tint = p.sky[0].mix(p.land[1], 0.35);
    let above: Vec<_> = canvas.pixels()[..line * size].to_vec();
    for y in line..size {
        // 0 at the far shore, 1 at the near one; waves grow towards the eye.
        let near = (y - line) as f32 / (size - line) as f32;
        let wave_length = 0.006 + 0.05 * near;
        for x in 0..size {
            let (u, v) = (x as f32 / size as f32, (y - line) as f32 / size as f32);
            let ripple = noise.at(u / (wave_length * 3.2), v / wave_length * 1.6);
            let swell = noise.at(u * 3.0 + 40.0, near * 16.0);
            let up = v * 1.12 + 0.035 * rough * ripple * (0.12 + near) + 0.002;
            let from_y = ((edge - up) * size as f32).clamp(0.0, line as f32 - 1.0) as usize;
            let shift = 0.012 * rough * ripple * (0.3 + near);
            let from_x = ((u + shift) * size as f32).clamp(0.0, size as f32 - 1.0) as usize;
            let mirrored = above[from_y * size + from_x];
            let mut colour = mirrored.mix(tint, 0.22 + 0.30 * near);
            colour.l += 0.020 * ripple + 0.016 * swell - 0.02;
            let width = 0.018 + 0.10 * near;
            let off = (u - scene.sun.0) / width;
            let path = 1.0 / (1.0 + off * off);
            let sparkle = smooth_step(0.05, 0.65, ripple + 0.55 * path - 0.25);
            colour = colour.mix(p.light, 0.75 * path * sparkle);
            *canvas.pixel(x, y) = colour;
        }
    }
}
