//! Weather in front of the scene: fog, rain, embers, bubbles, motes.

use super::scene::Scene;
use crate::picture::canvas::Canvas;
use crate::picture::noise::{Field, smooth_step};
use crate::rng::Rng;
use domain::Emotion;

pub(super) fn paint(canvas: &mut Canvas, scene: &Scene<'_>) {
    let mut rng = scene.rng("weather");
    match scene.emotion {
        Emotion::Sad => {
            fog(canvas, scene, 0.40);
            rain(canvas, scene, &mut rng);
        }
        Emotion::Fear => fog(canvas, scene, 0.50),
        Emotion::Confused => fog(canvas, scene, 0.60),
        Emotion::Disgusted => {
            fog(canvas, scene, 0.50);
            bubbles(canvas, scene, &mut rng);
        }
        Emotion::Unknown => fog(canvas, scene, 0.45),
        Emotion::Angry => embers(canvas, scene, &mut rng),
        Emotion::Happy | Emotion::Surprised => motes(canvas, scene, &mut rng),
        Emotion::Calm => fog(canvas, scene, 0.22),
    }
}

/// Banks of fog from the horizon down; CONFUSED swirls them.
fn fog(canvas: &mut Canvas, scene: &Scene<'_>, strength: f32) {
    let noise = scene.noise("fog");
    let swirl = if scene.emotion == Emotion::Confused { 0.55 } else { 0.12 };
    let horizon = scene.plan.horizon;
    let banks = Field::from_fn(canvas.size().div_ceil(4), |u, v| {
        let bend = noise.at(u * 2.0 + 9.0, v * 2.0) * swirl;
        let bank = noise.sum((u + bend) * 1.8, (v + bend) * 6.5, 4, 0.5);
        let level = smooth_step(horizon - 0.16, horizon + 0.08, v) * (1.0 - 0.75 * smooth_step(0.72, 1.0, v));
        smooth_step(-0.25, 0.75, bank) * level
    });
    let size = canvas.size();
    let colour = scene.palette.sky[2].mix(scene.palette.sky[1], 0.35);
    let first = ((horizon - 0.16) * size as f32) as usize;
    for y in first..size {
        for x in 0..size {
            let density = banks.at(x as f32 / size as f32, y as f32 / size as f32);
            let pixel = canvas.pixel(x, y);
            *pixel = pixel.mix(colour, strength * density);
        }
    }
}

fn rain(canvas: &mut Canvas, scene: &Scene<'_>, rng: &mut Rng) {
    let side = canvas.side();
    let slant = rng.range(0.10, 0.22) * if rng.chance(0.5) { 1.0 } else { -1.0 };
    for _ in 0..520 {
        let (x, y) = (rng.range(-0.1, 1.1) * side, rng.range(-0.05, 1.0) * side);
        let length = rng.range(0.018, 0.055) * side;
        let width = 0.0006 * side;
        let end = (x + slant * length, y + length);
        canvas.capsule(((x, y), width), (end, width), 1.0, scene.palette.light, rng.range(0.08, 0.26));
    }
}

fn embers(canvas: &mut Canvas, scene: &Scene<'_>, rng: &mut Rng) {
    let side = canvas.side();
    for _ in 0..240 {
        let rise = rng.unit();
        let at = (rng.unit() * side, (1.0 - rise * rise * 0.8) * side);
        let radius = rng.range(0.0006, 0.0024) * side * (1.0 - 0.5 * rise);
        let colour = scene.palette.accents[1].mix(scene.palette.light, rng.unit());
        canvas.disc(at, radius * 2.2, radius * 4.0, scene.palette.accents[0], 0.25);
        canvas.disc(at, radius, 1.0, colour, 0.9 - 0.5 * rise);
    }
}

fn bubbles(canvas: &mut Canvas, scene: &Scene<'_>, rng: &mut Rng) {
    let side = canvas.side();
    for _ in 0..46 {
        let at = (rng.unit() * side, rng.range(0.45, 1.0) * side);
        let radius = rng.range(0.004, 0.018) * side * rng.unit();
        let light = scene.palette.light;
        canvas.disc(at, radius, 1.0, light, 0.22);
        canvas.disc(at, radius * 0.86, radius * 0.3, scene.palette.accents[0], 0.30);
        canvas.disc((at.0 - radius * 0.35, at.1 - radius * 0.4), radius * 0.18, 1.0, light, 0.75);
    }
}

/// Pollen, petals, sparks of light.
fn motes(canvas: &mut Canvas, scene: &Scene<'_>, rng: &mut Rng) {
    let side = canvas.side();
    for _ in 0..90 {
        let at = (rng.unit() * side, rng.range(0.35, 1.0) * side);
        let radius = rng.range(0.0008, 0.0034) * side;
        canvas.disc(at, radius, radius, scene.palette.light, rng.range(0.15, 0.55));
    }
}
