//! Land and water: outlines of hills, slopes in light and mist, and a rippled mirror of what lies above the shore.

use super::scene::{Row, Scene};
use super::sky;
use crate::picture::canvas::Canvas;
use crate::picture::noise::smooth_step;
use crate::picture::oklab::Lab;

/// A row of hills with its outline in pixels.
pub(super) struct Layer {
    pub(super) row: Row,
    /// Counted from far to near.
    pub(super) index: usize,
    /// The outline's distance from the top in pixels, one for each column.
    pub(super) tops: Vec<f32>,
    /// The colour of its tops.
    pub(super) colour: Lab,
    /// The colour that its foot fades into.
    pub(super) foot: Lab,
}

/// All rows, from far to near.
pub(super) fn layers(scene: &Scene<'_>, size: usize) -> Vec<Layer> {
    scene.plan.rows.iter().enumerate().map(|(index, row)| layer(scene, index, *row, size)).collect()
}

fn layer(scene: &Scene<'_>, index: usize, row: Row, size: usize) -> Layer {
    let noise = scene.noise(&format!("ridge {index}"));
    let sharpness = (0.45 - 0.65 * scene.valence).clamp(0.0, 1.0);
    let height = row.height * (1.0 + 0.45 * scene.arousal);
    let tops = (0..size)
        .map(|x| {
            let u = x as f32 / size as f32;
            let at = u * row.frequency + 31.7 * index as f32;
            let gentle = noise.sum(at, 0.5, 3, 0.36);
            let rugged = noise.ridged(at, 7.5, 6, 0.45) * 2.6 - 1.75;
            let rise = gentle + (rugged - gentle) * sharpness;
            let side = if row.hollow < 0.0 { 1.0 - u } else { u };
            let sunk = match scene.plan.water {
                // A headland ends in the sea; a valley is low in the middle.
                Some(_) => row.hollow.abs() * (1.0 - 1.9 * side),
                None => row.hollow * (0.5 - 2.0 * (u - 0.5).abs()),
            };
            (row.base - height * rise + sunk) * size as f32
        })
        .collect();
    let haze = sky::haze(scene);
    let solid = scene.palette.land[0].mix(scene.palette.land[1], row.nearness);
    let distance = 1.0 - row.nearness;
    Layer {
        row,
        index,
        tops,
        colour: solid.mix(haze, 0.62 * distance * distance + 0.06),
        foot: solid.mix(haze, 0.15 + 0.65 * distance),
    }
}

/// Paints layers from far to near, except the pixels that nearer layers will hide.
pub(super) fn paint_hills(canvas: &mut Canvas, scene: &Scene<'_>, layers: &[Layer]) {
    let size = canvas.size();
    let mut hidden = vec![size as f32; size];
    let mut ends = Vec::with_capacity(layers.len());
    for layer in layers.iter().rev() {
        ends.push(hidden.clone());
        for (end, top) in hidden.iter_mut().zip(&layer.tops) {
            *end = end.min(top + 1.0);
        }
    }
    for (layer, ends) in layers.iter().zip(ends.iter().rev()) {
        paint_layer(canvas, scene, layer, ends);
    }
}

fn paint_layer(canvas: &mut Canvas, scene: &Scene<'_>, layer: &Layer, ends: &[f32]) {
    let size = canvas.size();
    let scale = 1.0 / size as f32;
    let noise = scene.noise(&format!("slope {}", layer.index));
    let grain = 9.0 + 26.0 * (1.0 - layer.row.nearness);
    let lights = column_light(scene, layer);
    let depth = 0.10 + 0.16 * layer.row.nearness;
    let first = layer.tops.iter().fold(f32::MAX, |low, top| low.min(*top)).max(0.0) as usize;
    for y in first..size {
        for x in 0..size {
            let top = layer.tops[x];
            let row = y as f32;
            if row + 1.0 <= top || row > ends[x] {
                continue;
            }
            let below = (row - top) * scale;
            let (u, v) = (x as f32 * scale, row * scale);
            let rough = noise.at(u * grain + below * 4.0, v * grain * 1.7);
            // Gullies: the light on a slope runs down in broken lines.
            let sway = (noise.at(u * 14.0 + below * 9.0, v * 11.0) * below * 0.9 * size as f32) as isize;
            let lit = lights[x.saturating_add_signed(sway).min(size - 1)];
            let lit = lit * (1.0 - smooth_step(0.0, depth * 0.9, below));
            let mut colour = layer.colour.mix(layer.foot, smooth_step(0.0, depth, below));
            colour = colour.mix(scene.palette.light, lit);
            colour.l += 0.022 * rough * (0.4 + layer.row.nearness);
            let cover = (row + 1.0 - top).min(1.0);
            let pixel = canvas.pixel(x, y);
            *pixel = pixel.mix(colour, cover);
        }
    }
}

/// The share of sunlight on each column's slope, 0..0.26.
fn column_light(scene: &Scene<'_>, layer: &Layer) -> Vec<f32> {
    let size = layer.tops.len();
    let reach = (size / 60).max(1);
    (0..size)
        .map(|x| {
            let (left, right) = (x.saturating_sub(reach), (x + reach).min(size - 1));
            let slope = (layer.tops[right] - layer.tops[left]) / (right - left).max(1) as f32;
            let u = x as f32 / size as f32;
            let towards = (scene.sun.0 - u).clamp(-0.5, 0.5) * 2.0;
            let near = 1.0 / (1.0 + (scene.sun.0 - u) * (scene.sun.0 - u) * 12.0);
            let slope = slope.clamp(-1.2, 1.2);
            (0.05 + 0.16 * slope * towards + 0.12 * near).clamp(0.0, 0.26)
        })
        .collect()
}

/// Mirrors the rows above the water's edge, rippled and tinted, with a path of light under the sun.
pub(super) fn paint_water(canvas: &mut Canvas, scene: &Scene<'_>) {
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
