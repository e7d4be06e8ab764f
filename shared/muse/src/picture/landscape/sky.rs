//! The sky: its gradient, the sun or moon with a glow, and clouds.

use super::Scene;
use super::layout::{Layout, Plan};
use crate::picture::canvas::Canvas;
use crate::picture::field::Field;
use crate::picture::noise::smooth_step;
use crate::picture::oklab::Lab;
use crate::picture::style::Brief;
use crate::rng::Rng;

/// Centre and radius of the sun or moon: high when it is pleasant, near the horizon when it is not.
pub(super) fn place_sun(brief: &Brief<'_>, plan: &Plan, rng: &mut Rng) -> (f32, f32, f32) {
    let third = if rng.chance(0.5) { 0.30 } else { 0.70 };
    let x = if plan.layout == Layout::Valley { 0.5 } else { third } + rng.around(0.07);
    let height = 0.24 + 0.10 * brief.valence + rng.around(0.05);
    let y = (plan.horizon - 0.07 - height).max(0.10);
    (x, y, rng.range(0.045, 0.062) + 0.014 * brief.arousal.abs())
}

/// How much of the sky is clouded: pleasant and calm skies are clear.
fn cover(scene: &Scene<'_>) -> f32 {
    (0.42 - 0.30 * scene.valence + 0.12 * scene.arousal).clamp(0.10, 0.75)
}

pub(super) fn paint(scene: &Scene<'_>, size: usize) -> Canvas {
    let noise = scene.noise("clouds");
    let turbulence = 0.5 + 0.08 * scene.arousal;
    let cover = cover(scene);
    let clouds = Field::from_fn(size.div_ceil(2), |u, v| {
        // Clouds flatten towards the horizon, as they do from below.
        let depth = 0.35 + 1.3 * (scene.plan.horizon - v).max(0.0);
        let billow = noise.sum(u * 2.6 / depth + 7.0, v * 7.0 / depth.sqrt(), 5, turbulence);
        smooth_step(0.12 - cover * 0.55, 0.75 - cover * 0.45, billow)
    });
    let (sun_x, sun_y, radius) = scene.sun;
    let p = scene.palette;
    let shade = p.sky[0].mix(p.ink, 0.25);
    let edge = 1.0 / size as f32;
    Canvas::from_fn(size, |u, v| {
        let (dx, dy) = (u - sun_x, v - sun_y);
        let distance = (dx * dx + dy * dy).sqrt();
        let glow = 1.0 / (1.0 + (distance / 0.16) * (distance / 0.16));
        let mut colour = p.sky_at(v / scene.plan.horizon).mix(p.light, 0.55 * glow * glow + 0.18 * glow);
        let disc = smooth_step(radius + edge, radius - edge, distance);
        colour = colour.mix(p.light.lighter(0.02), disc * 0.95);
        let cloud = clouds.at(u, v);
        if cloud > 0.003 {
            // Lit where the cloud thins towards the sun.
            let towards = clouds.at(u - dx * 0.06, v - dy * 0.06 - 0.012);
            let lit = (0.55 + 1.1 * (cloud - towards) + 0.5 * glow).clamp(0.0, 1.0);
            let body = shade.mix(p.sky[2].mix(p.light, 0.55), lit);
            colour = colour.mix(body, cloud * (0.80 - 0.35 * disc));
        }
        colour
    })
}

/// The haze that distance fades into.
pub(super) fn haze(scene: &Scene<'_>) -> Lab {
    scene.palette.sky[2].mix(scene.palette.light, 0.15)
}
