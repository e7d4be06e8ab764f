//! Brush strokes along a field of directions that depends on the emotion: HAPPY circles, SAD falls, ANGRY turns at
//! corners, FEAR spirals inwards, SURPRISED bursts outwards.

use super::canvas::{Canvas, Point};
use super::noise::{Noise, smooth_step};
use super::oklab::Lab;
use super::style::Brief;
use crate::rng::Rng;
use domain::Emotion;
use std::f32::consts::{FRAC_PI_2, FRAC_PI_4, PI};

/// The field of directions; positions in 0..1.
struct Current {
    emotion: Emotion,
    arousal: f32,
    noise: Noise,
    focus: Point,
    eddies: Vec<(Point, f32)>,
    spin: f32,
}

impl Current {
    fn new(brief: &Brief<'_>, rng: &mut Rng) -> Current {
        let eddies = (0..4)
            .map(|i| {
                let at = (rng.range(0.12, 0.88), rng.range(0.12, 0.88));
                (at, if i % 2 == 0 { 1.0 } else { -1.0 })
            })
            .collect();
        Current {
            emotion: brief.emotion,
            arousal: brief.arousal,
            noise: Noise::new(rng.bits()),
            focus: (rng.range(0.36, 0.64), rng.range(0.34, 0.60)),
            eddies,
            spin: if rng.chance(0.5) { 1.0 } else { -1.0 },
        }
    }

    /// Radians at (u, v).
    fn angle(&self, u: f32, v: f32) -> f32 {
        let turbulence = self.noise.sum(u * 2.2, v * 2.2, 2, 0.45);
        let (dx, dy) = (u - self.focus.0, v - self.focus.1);
        let out = libm::atan2f(dy, dx);
        let distance = (dx * dx + dy * dy).sqrt();
        match self.emotion {
            // Around the focus, opening outwards.
            Emotion::Happy => out + self.spin * (FRAC_PI_2 - 0.5 * distance) + 0.9 * turbulence,
            Emotion::Sad => FRAC_PI_2 + 0.75 * turbulence + 0.25 * self.spin * (u - 0.5),
            Emotion::Calm => 0.55 * turbulence + 0.18 * libm::sinf(v * 9.0),
            // Corners of 45 degrees.
            Emotion::Angry => {
                let free = self.spin * FRAC_PI_4 + 2.8 * turbulence * (0.6 + 0.4 * self.arousal);
                (free / FRAC_PI_4).round() * FRAC_PI_4 + 0.06 * turbulence
            }
            Emotion::Fear => out + PI - self.spin * (1.05 - 0.4 * distance) + 0.6 * turbulence,
            Emotion::Surprised => out + 0.55 * turbulence + 0.35 * self.spin * distance,
            Emotion::Confused => self.between_eddies(u, v) + 1.0 * turbulence,
            Emotion::Disgusted => {
                // Drips that curl at their ends.
                FRAC_PI_2 + 2.1 * turbulence + 0.9 * self.noise.at(u * 5.0 + 50.0, v * 3.0)
            }
            Emotion::Unknown => -0.5 * self.spin + 1.3 * turbulence,
        }
    }

    /// Rotation around several centres, alternating in sense.
    fn between_eddies(&self, u: f32, v: f32) -> f32 {
        let (mut x, mut y) = (0.0, 0.0);
        for ((cx, cy), sense) in &self.eddies {
            let (dx, dy) = (u - cx, v - cy);
            let pull = sense / (0.015 + dx * dx + dy * dy);
            x -= dy * pull;
            y += dx * pull;
        }
        libm::atan2f(y, x)
    }
}

/// Number of strokes, steps of a stroke, width as a part of the side.
fn brush(brief: &Brief<'_>) -> (usize, usize, f32) {
    let long = (34.0 - 12.0 * brief.arousal) as usize;
    match brief.emotion {
        Emotion::Disgusted => (1450, long, 0.0096),
        Emotion::Angry => (1900, 20, 0.0076),
        Emotion::Fear => (1900, 34, 0.0056),
        Emotion::Calm => (1150, 48, 0.0080),
        _ => (1600, long, 0.0068),
    }
}

/// Paints dark strokes first.
pub(super) fn paint(brief: &Brief<'_>) -> Canvas {
    let mut rng = Rng::new(brief.seed, "flow");
    let current = Current::new(brief, &mut rng);
    let p = brief.palette;
    let tones = Noise::new(rng.bits());
    let mut canvas = Canvas::from_fn(brief.size, |u, v| {
        let ground = p.sky_at(0.15 + 0.6 * v + 0.25 * tones.at(u * 2.0, v * 2.0));
        ground.mix(p.ink, 0.30 + 0.15 * tones.at(u * 5.0 + 9.0, v * 5.0))
    });
    let (strokes, steps, width) = brush(brief);
    for i in 0..strokes {
        let late = i as f32 / strokes as f32;
        let start = (rng.range(-0.05, 1.05), rng.range(-0.05, 1.05));
        let colour = tone(brief, &current, tones, start, late, &mut rng);
        let width = width * rng.range(0.5, 1.5) * (1.35 - 0.7 * late);
        stroke(&mut canvas, &current, start, (steps, width), colour, late > 0.35);
    }
    canvas
}

/// A stroke's colour: the palette by place, lighter towards the focus and later on.
fn tone(brief: &Brief<'_>, current: &Current, tones: Noise, (u, v): Point, late: f32, rng: &mut Rng) -> Lab {
    let p = brief.palette;
    let place = tones.sum(u * 1.7 + 3.0, v * 1.7, 2, 0.5);
    let accent = p.accent_at(0.5 + 0.42 * place + rng.around(0.06));
    let depth = p.land[1].mix(accent, 0.25 + 0.75 * late);
    let (dx, dy) = (u - current.focus.0, v - current.focus.1);
    let near = 1.0 - smooth_step(0.02, 0.42, (dx * dx + dy * dy).sqrt());
    let towards = if brief.emotion == Emotion::Fear { p.ink } else { p.light };
    let strength = match brief.emotion {
        Emotion::Happy | Emotion::Surprised | Emotion::Fear => 0.9,
        Emotion::Angry => 0.55,
        _ => 0.25,
    };
    let mut colour = depth.mix(towards, near * strength * (0.4 + 0.6 * late));
    if rng.chance(0.10) {
        colour = colour.mix(p.light, 0.55);
    }
    colour.lighter(rng.around(0.03))
}

/// Paints one stroke that follows the current for `steps`, thin at both ends; `bristled` gives it a lighter edge, as thick
/// paint has.
fn stroke(
    canvas: &mut Canvas,
    current: &Current,
    start: Point,
    (steps, width): (usize, f32),
    colour: Lab,
    bristled: bool,
) {
    const STEP: f32 = 0.0065;
    let side = canvas.side();
    let (mut u, mut v) = start;
    let bristle = colour.lighter(0.035);
    for i in 0..steps {
        let angle = current.angle(u, v);
        let (nu, nv) = (u + libm::cosf(angle) * STEP, v + libm::sinf(angle) * STEP);
        let along = |i: usize| {
            let t = i as f32 / steps as f32;
            width * side * 0.5 * (4.0 * t * (1.0 - t)).sqrt().min(1.0)
        };
        let (r0, r1) = (along(i), along(i + 1));
        let (from, to) = ((u * side, v * side), (nu * side, nv * side));
        canvas.capsule((from, r0), (to, r1), 1.2, colour, 0.85);
        (u, v) = (nu, nv);
        if !(-0.1..1.1).contains(&u) || !(-0.1..1.1).contains(&v) {
            break;
        }
        if !bristled {
            continue;
        }
        let (ox, oy) = (libm::sinf(angle) * r0 * 0.45, -libm::cosf(angle) * r0 * 0.45);
        let offset = |(x, y): Point| (x + ox, y + oy);
        canvas.capsule((offset(from), r0 * 0.35), (offset(to), r1 * 0.35), 1.2, bristle, 0.55);
    }
}
