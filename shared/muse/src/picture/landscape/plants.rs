//! Plants on a row of hills: pines, round trees, bare trees, flowers.

use super::scene::{Layout, Scene};
use super::terrain::Layer;
use crate::picture::canvas::{Canvas, Point};
use crate::picture::oklab::Lab;
use crate::rng::Rng;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Pine,
    Round,
    Bare,
}

fn kind(scene: &Scene<'_>) -> Kind {
    let pleasant = scene.valence > -0.1;
    match scene.plan.layout {
        Layout::Hills | Layout::Coast if pleasant => Kind::Round,
        Layout::Hills | Layout::Coast => Kind::Bare,
        Layout::Valley if scene.valence < -0.55 => Kind::Bare,
        _ => Kind::Pine,
    }
}

/// Grows the layer's plants, and flowers on the near hills of a pleasant scene.
pub(super) fn grow(canvas: &mut Canvas, scene: &Scene<'_>, layer: &Layer) {
    let mut rng = scene.rng(&format!("plants {}", layer.index));
    if let Some((count, height)) = layer.row.plants {
        let kind = kind(scene);
        let clumps = scene.noise(&format!("clumps {}", layer.index));
        for i in 0..count {
            let u = (i as f32 + rng.unit()) / count as f32;
            let grown = height * rng.range(0.55, 1.15);
            // Clumps instead of an even row.
            if clumps.at(u * 3.5, 0.5) > -0.12 {
                plant(canvas, scene, layer, kind, (u, grown), &mut rng);
            }
        }
    }
    if scene.valence > 0.2 && scene.plan.layout == Layout::Hills && layer.row.nearness > 0.6 {
        flowers(canvas, scene, layer, &mut rng);
    }
}

fn plant(
    canvas: &mut Canvas,
    scene: &Scene<'_>,
    layer: &Layer,
    kind: Kind,
    (u, height): (f32, f32),
    rng: &mut Rng,
) {
    let side = canvas.side();
    let x = u * side;
    let Some(top) = layer.tops.get(x as usize) else { return };
    let foot = (x, top + 0.012 * side);
    let near = layer.row.nearness;
    let colour = layer.colour.mix(scene.palette.ink, 0.35 + 0.35 * near).lighter(rng.around(0.015));
    match kind {
        Kind::Pine => pine(canvas, foot, height * side, colour, rng),
        Kind::Round => {
            let leaf = layer.colour.mix(scene.palette.land[1], 0.5).lighter(-0.10);
            let lit = leaf.mix(scene.palette.light, 0.38);
            let sun_side = if scene.sun.0 > u { 1.0 } else { -1.0 };
            round(canvas, foot, height * side, [colour, leaf, lit], sun_side, rng);
        }
        Kind::Bare => {
            let lean = rng.around(0.12) + 0.10 * scene.arousal;
            let length = height * side * 0.36;
            branch(canvas, foot, (lean, length, length * 0.13), 6, colour, rng);
        }
    }
}

/// A pine: tiers of drooping boughs, jagged at their ends.
fn pine(canvas: &mut Canvas, (x, y): Point, height: f32, colour: Lab, rng: &mut Rng) {
    const TIERS: usize = 9;
    let half_width = height * rng.range(0.17, 0.23);
    let lean = rng.around(0.02) * height;
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for tier in 0..TIERS {
        let down = (tier as f32 + 0.9) / TIERS as f32;
        let reach = half_width * down * rng.range(0.8, 1.2);
        let tip = y - height * (1.0 - down * 0.93);
        let centre = x + lean * (1.0 - down);
        left.extend([(centre - reach, tip + 0.02 * height), (centre - reach * 0.42, tip - 0.012 * height)]);
        let reach = half_width * down * rng.range(0.8, 1.2);
        right.extend([(centre + reach, tip + 0.02 * height), (centre + reach * 0.42, tip - 0.012 * height)]);
    }
    let mut outline = vec![(x + lean, y - height)];
    outline.extend(left);
    outline.extend(right.into_iter().rev());
    canvas.polygon(&outline, colour, 1.0);
    canvas.capsule(((x, y - 0.12 * height), 0.022 * height), ((x, y), 0.026 * height), 1.0, colour, 1.0);
}

/// A broad tree: a trunk under a crown of many leaf clusters, lighter towards the sun.
fn round(
    canvas: &mut Canvas,
    (x, y): Point,
    height: f32,
    [trunk, leaf, lit]: [Lab; 3],
    sun_side: f32,
    rng: &mut Rng,
) {
    let crown_y = y - height * 0.66;
    let (rx, ry) = (height * rng.range(0.30, 0.40), height * 0.34);
    canvas.capsule(((x, crown_y), 0.022 * height), ((x, y), 0.042 * height), 1.0, trunk, 1.0);
    for side in [-1.0, 1.0] {
        let end = (x + side * rx * 0.5, crown_y - 0.05 * height);
        canvas.capsule(((x, y - 0.34 * height), 0.02 * height), (end, 0.01 * height), 1.0, trunk, 1.0);
    }
    let clusters = if height > 40.0 { 90 } else { 36 };
    for i in 0..clusters {
        // 0 at the shaded back, 1 at the lit front.
        let front = i as f32 / clusters as f32;
        let (angle, out) = (rng.range(0.0, std::f32::consts::TAU), rng.unit().sqrt());
        let (dx, dy) = (libm::cosf(angle) * out, libm::sinf(angle) * out);
        // Flat below, domed above.
        let dy = if dy > 0.0 { dy * 0.55 } else { dy };
        let facing = (0.45 * dx * sun_side - 0.65 * dy + 0.25).clamp(0.0, 1.0);
        let colour = leaf.lighter(-0.07).mix(lit, facing * (0.35 + 0.65 * front)).lighter(rng.around(0.02));
        let radius = height * rng.range(0.045, 0.085) * (1.25 - 0.45 * front);
        canvas.disc((x + dx * rx, crown_y + dy * ry), radius, radius * 0.35, colour, 0.92);
    }
}

/// A bare tree: a branch that forks until it is a twig. `stem` is (lean from upright, length, thickness).
fn branch(
    canvas: &mut Canvas,
    from: Point,
    (lean, length, thickness): (f32, f32, f32),
    forks: u32,
    colour: Lab,
    rng: &mut Rng,
) {
    let to = (from.0 + libm::sinf(lean) * length, from.1 - libm::cosf(lean) * length);
    let tip = thickness * 0.66;
    canvas.capsule((from, thickness.max(0.35)), (to, tip.max(0.3)), 1.0, colour, (thickness * 3.0).min(1.0));
    if forks == 0 || length < 1.2 {
        return;
    }
    for side in [-1.0, 1.0] {
        let bend = side * rng.range(0.22, 0.62);
        let stem = (lean + bend, length * rng.range(0.64, 0.84), tip * 0.78);
        branch(canvas, to, stem, forks - 1, colour, rng);
    }
}

/// Flowers in drifts, larger in the foreground.
fn flowers(canvas: &mut Canvas, scene: &Scene<'_>, layer: &Layer, rng: &mut Rng) {
    let side = canvas.side();
    let drifts = scene.noise("drifts");
    for _ in 0..1500 {
        let (u, down) = (rng.unit(), rng.unit());
        let top = layer.tops[((u * side) as usize).min(layer.tops.len() - 1)];
        let y = top + 0.02 * side + down * down.sqrt() * (1.02 * side - top);
        let drift = drifts.at(u * 4.0, y / side * 9.0);
        if drift < 0.02 {
            continue;
        }
        let near = ((y / side - 0.62) * 2.6).clamp(0.05, 1.0);
        let radius = side * (0.0011 + 0.0042 * near) * rng.range(0.7, 1.2);
        let colour = scene.palette.accents[(drift * 9.0) as usize % 3];
        let colour = colour.lighter(0.06 * rng.unit());
        let x = u * side;
        canvas.disc((x, y), radius, radius * 0.5, colour, 0.9);
        canvas.disc((x, y), radius * 0.35, 1.0, scene.palette.light, 0.8 * near);
    }
}
