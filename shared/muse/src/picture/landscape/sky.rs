//! The sky: gradient, sun or moon with a glow, clouds, and what stands or flies in front of them.

use super::scene::Scene;
use crate::picture::canvas::{Canvas, Point};
use crate::picture::noise::{Field, smooth_step};
use crate::picture::oklab::Lab;
use crate::rng::Rng;
use domain::Emotion;

/// The clouded part of the sky: pleasant and calm skies are clear.
fn cover(scene: &Scene<'_>) -> f32 {
    (0.42 - 0.30 * scene.valence + 0.12 * scene.arousal).clamp(0.10, 0.75)
}

pub(super) fn paint(scene: &Scene<'_>, size: usize) -> Canvas {
    let noise = scene.noise("clouds");
    let turbulence = 0.5 + 0.08 * scene.arousal;
    let cover = cover(scene);
    let clouds = Field::from_fn(size.div_ceil(2), |u, v| {
        // Seen from below, clouds flatten towards the horizon.
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

/// The colour that distance fades into.
pub(super) fn haze(scene: &Scene<'_>) -> Lab {
    scene.palette.sky[2].mix(scene.palette.light, 0.15)
}

/// Paints stars, birds, balloons, a second moon or lightning, as the emotion asks.
pub(super) fn paint_figures(canvas: &mut Canvas, scene: &Scene<'_>) {
    let mut rng = scene.rng("sky life");
    match scene.emotion {
        Emotion::Fear => stars(canvas, scene, 260, &mut rng),
        Emotion::Sad => stars(canvas, scene, 40, &mut rng),
        Emotion::Happy | Emotion::Calm => birds(canvas, scene, &mut rng),
        Emotion::Surprised => {
            stars(canvas, scene, 90, &mut rng);
            balloons(canvas, scene, &mut rng);
        }
        Emotion::Confused => second_moon(canvas, scene, &mut rng),
        Emotion::Angry => lightning(canvas, scene, &mut rng),
        Emotion::Disgusted | Emotion::Unknown => {}
    }
}

fn stars(canvas: &mut Canvas, scene: &Scene<'_>, count: usize, rng: &mut Rng) {
    let side = canvas.side();
    for _ in 0..count {
        let (u, v) = (rng.unit(), rng.unit());
        let height = 1.0 - v;
        let at = (u * side, v * scene.plan.horizon * side);
        let bright = rng.unit() * rng.unit();
        canvas.disc(
            at,
            side * (0.0005 + 0.0012 * bright),
            1.2,
            scene.palette.light,
            (0.25 + 0.75 * bright) * height,
        );
    }
}

fn birds(canvas: &mut Canvas, scene: &Scene<'_>, rng: &mut Rng) {
    let side = canvas.side();
    let flock = (rng.range(0.25, 0.75), rng.range(0.12, 0.30));
    let colour = scene.palette.ink.mix(scene.palette.sky[0], 0.25);
    for _ in 0..5 + rng.below(5) {
        let (x, y) = ((flock.0 + rng.around(0.14)) * side, (flock.1 + rng.around(0.06)) * side);
        let span = side * rng.range(0.008, 0.016);
        let lift = span * rng.range(0.25, 0.6);
        for wing in [-1.0, 1.0] {
            let elbow = (x + wing * span * 0.5, y - lift);
            let tip = (x + wing * span, y - lift * 0.45);
            canvas.capsule(((x, y), span * 0.09), (elbow, span * 0.07), 1.0, colour, 0.9);
            canvas.capsule((elbow, span * 0.07), (tip, span * 0.02), 1.0, colour, 0.9);
        }
    }
}

fn balloons(canvas: &mut Canvas, scene: &Scene<'_>, rng: &mut Rng) {
    let side = canvas.side();
    for i in 0..4 + rng.below(3) {
        let radius = side * rng.range(0.016, 0.052);
        let x = (0.12 + 0.76 * (i as f32 * 0.618 + rng.unit() * 0.2).fract()) * side;
        let y = rng.range(0.10, scene.plan.horizon - 0.14) * side;
        balloon(canvas, scene, (x, y), radius, i);
    }
}

/// A balloon's envelope in gores of two colours, its lines and its basket.
fn balloon(canvas: &mut Canvas, scene: &Scene<'_>, (x, y): Point, radius: f32, index: usize) {
    const GORES: usize = 8;
    let p = scene.palette;
    let colours = [p.accents[index % 4], p.accents[(index + 2) % 4].mix(p.light, 0.45)];
    let width = |down: f32| {
        // A sphere above, drawn in to the mouth below.
        if down < 0.0 { (1.0 - down * down).max(0.0).sqrt() } else { 1.0 - 0.72 * down * down }
    };
    for gore in 0..GORES {
        let edge = |i: usize| libm::sinf((i as f32 / GORES as f32 - 0.5) * std::f32::consts::PI);
        let (left, right) = (edge(gore), edge(gore + 1));
        let rows = (0..=16).map(|row| -1.0 + row as f32 * 2.15 / 16.0);
        let mut outline: Vec<Point> =
            rows.clone().map(|d| (x + left * radius * width(d), y + d * radius)).collect();
        outline.extend(rows.rev().map(|d| (x + right * radius * width(d), y + d * radius)));
        let sunward = (scene.sun.0 * canvas.side() - x).signum();
        let shade = 0.10 * (left + right) * 0.5 * sunward - 0.03;
        canvas.polygon(&outline, colours[gore % 2].lighter(shade), 1.0);
    }
    let (mouth, basket) = (y + 1.15 * radius, y + 1.62 * radius);
    for side in [-1.0, 1.0] {
        let line = ((x + side * 0.2 * radius, mouth), 0.012 * radius);
        canvas.capsule(line, ((x + side * 0.13 * radius, basket), 0.012 * radius), 1.0, p.ink, 0.7);
    }
    let b = 0.15 * radius;
    canvas.polygon(
        &[(x - b, basket), (x + b, basket), (x + b * 0.8, basket + 1.5 * b), (x - b * 0.8, basket + 1.5 * b)],
        p.ink.mix(p.light, 0.25),
        1.0,
    );
}

fn second_moon(canvas: &mut Canvas, scene: &Scene<'_>, rng: &mut Rng) {
    let side = canvas.side();
    let (x, y, radius) = scene.sun;
    let other = if x > 0.5 { x - 0.34 } else { x + 0.34 };
    let at = ((other + rng.around(0.05)) * side, (y + rng.range(0.02, 0.12)) * side);
    let p = scene.palette;
    canvas.disc(at, radius * 0.62 * side, 1.5, p.accents[1].mix(p.light, 0.4), 0.85);
    canvas.disc(
        (at.0 + 0.2 * radius * side, at.1 - 0.1 * radius * side),
        radius * 0.5 * side,
        0.3 * radius * side,
        p.light,
        0.35,
    );
}

/// A forked bolt by midpoint displacement, within a glow.
fn lightning(canvas: &mut Canvas, scene: &Scene<'_>, rng: &mut Rng) {
    if rng.chance(0.35) {
        return;
    }
    let side = canvas.side();
    let start = (rng.range(0.2, 0.8) * side, 0.02 * side);
    let end = (start.0 + rng.around(0.2) * side, (scene.plan.horizon + 0.02) * side);
    let bolt = jagged(start, end, 0.13 * side, 6, rng);
    let white = Lab { l: 0.97, ..scene.palette.light.vivid(0.4) };
    stroke(canvas, &bolt, (0.030, 0.12), scene.palette.light, side);
    stroke(canvas, &bolt, (0.0075, 0.35), scene.palette.light, side);
    stroke(canvas, &bolt, (0.0016, 1.0), white, side);
    for _ in 0..3 {
        let from = bolt[bolt.len() / 5 + rng.below(bolt.len() / 2)];
        let to = (from.0 + rng.around(0.16) * side, from.1 + rng.range(0.08, 0.2) * side);
        let fork = jagged(from, to, 0.06 * side, 5, rng);
        stroke(canvas, &fork, (0.005, 0.22), scene.palette.light, side);
        stroke(canvas, &fork, (0.0009, 0.8), white, side);
    }
}

fn stroke(canvas: &mut Canvas, line: &[Point], (width, alpha): (f32, f32), colour: Lab, side: f32) {
    let soft = (width * side * 1.6).max(1.0);
    for pair in line.windows(2) {
        let radius = (width * side * 0.2).max(0.5);
        canvas.capsule((pair[0], radius), (pair[1], radius), soft, colour, alpha);
    }
}

/// A line from one point to another by midpoint displacement, `depth` times, at most `sway` pixels at first.
fn jagged(from: Point, to: Point, sway: f32, depth: u32, rng: &mut Rng) -> Vec<Point> {
    let mut line = vec![from, to];
    let mut sway = sway;
    for _ in 0..depth {
        let mut finer = Vec::with_capacity(line.len() * 2);
        for pair in line.windows(2) {
            let middle = (
                (pair[0].0 + pair[1].0) * 0.5 + rng.around(sway),
                (pair[0].1 + pair[1].1) * 0.5 + rng.around(sway * 0.3),
            );
            finer.extend([pair[0], middle]);
        }
        finer.push(to);
        line = finer;
        sway *= 0.52;
    }
    line
}
