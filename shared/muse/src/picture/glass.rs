//! A leaded window, lit from behind: a rose, a sun over hills or a free mosaic in a Voronoi diagram relaxed by Lloyd's
//! method.

use super::canvas::{Canvas, Point};
use super::noise::{Noise, smooth_step};
use super::oklab::Lab;
use super::panes::Panes;
use super::style::Brief;
use crate::rng::Rng;
use domain::Emotion;
use std::f32::consts::TAU;

pub(super) fn paint(brief: &Brief<'_>) -> Canvas {
    let mut rng = Rng::new(brief.seed, "glass");
    let pattern = Pattern::new(brief, &mut rng);
    let panes = Panes::new(pattern.sites(brief, &mut rng), pattern.relaxations());
    let colours: Vec<Lab> =
        panes.centres().iter().map(|centre| pattern.colour(brief, *centre, &mut rng)).collect();
    let texture = Noise::new(rng.bits());
    let ways: Vec<f32> = colours.iter().map(|_| rng.around(3.0)).collect();
    let lead = 0.0036 + 0.0012 * brief.arousal;
    let lead_colour = brief.palette.ink.mix(Lab { l: 0.12, a: 0.0, b: 0.0 }, 0.35);
    let (light_x, light_y) = pattern.light;
    let mut canvas = Canvas::new(brief.size, lead_colour);
    panes.each_pixel(brief.size, |x, y, (u, v), pane, border| {
        let streak = texture.sum(u * 7.0 + v * ways[pane] + ways[pane] * 9.0, v * 7.0, 3, 0.5);
        let seed = texture.at(u * 60.0 + ways[pane] * 31.0, v * 60.0);
        let (dx, dy) = (u - light_x, v - light_y);
        let glow = 1.0 / (1.0 + 5.0 * (dx * dx + dy * dy));
        let mut glass = colours[pane].mix(brief.palette.light, 0.26 * glow * glow);
        glass.l += 0.045 * streak + 0.012 * seed + 0.05 * (glow - 0.5);
        // Darker at its edges, where the lead casts a shadow.
        glass.l -= 0.075 * (1.0 - smooth_step(lead, lead + 0.013, border));
        let edge = 0.7 / brief.size as f32;
        let inside = smooth_step(lead - edge, lead + edge, border);
        // The lead is round: a faint highlight runs along its middle.
        let ridge = lead_colour.lighter(0.10 * (1.0 - border / lead).max(0.0));
        *canvas.pixel(x, y) = ridge.mix(glass, inside);
    });
    canvas
}

enum Motif {
    /// Rings of petals around the middle.
    Rose { petals: usize },
    /// A sun over hills.
    Sunrise { hills: Noise },
    /// Colours drifting over the window.
    Mosaic { drift: Noise },
}

/// The design of a window, in the unit square.
struct Pattern {
    motif: Motif,
    light: Point,
    turn: f32,
    order: f32,
}

impl Pattern {
    fn new(brief: &Brief<'_>, rng: &mut Rng) -> Self {
        let (rose, sunrise) = match brief.emotion {
            Emotion::Happy | Emotion::Surprised => (0.45, 0.40),
            Emotion::Calm | Emotion::Sad => (0.25, 0.50),
            Emotion::Confused => (0.20, 0.10),
            _ => (0.35, 0.30),
        };
        let which = rng.unit();
        let (motif, light) = if which < rose {
            (Motif::Rose { petals: 8 + 2 * rng.below(3) }, (0.5, 0.5))
        } else if which < rose + sunrise {
            let sun = (rng.range(0.3, 0.7), rng.range(0.26, 0.42));
            (Motif::Sunrise { hills: Noise::new(rng.bits()) }, sun)
        } else {
            (Motif::Mosaic { drift: Noise::new(rng.bits()) }, (rng.range(0.25, 0.75), rng.range(0.2, 0.6)))
        };
        // Unpleasant windows are less ordered: their panes are relaxed less.
        Pattern { motif, light, turn: rng.unit(), order: 0.5 + 0.5 * brief.valence }
    }

    fn relaxations(&self) -> usize {
        match self.motif {
            Motif::Rose { .. } => 0,
            _ => 1 + (self.order * 3.0) as usize,
        }
    }

    fn sites(&self, brief: &Brief<'_>, rng: &mut Rng) -> Vec<Point> {
        match self.motif {
            Motif::Rose { petals } => self.rose(petals, rng),
            _ => {
                let count = 95 + (35.0 * brief.arousal) as usize + rng.below(30);
                let mut sites: Vec<Point> = (0..count).map(|_| (rng.unit(), rng.unit())).collect();
                if matches!(self.motif, Motif::Sunrise { .. }) {
                    sites.retain(|site| distance(*site, self.light) > 0.26);
                    sites.extend(self.rays(rng));
                }
                sites
            }
        }
    }

    fn rose(&self, petals: usize, rng: &mut Rng) -> Vec<Point> {
        let loose = 0.02 * (1.0 - self.order);
        let mut sites = vec![(0.5, 0.5)];
        for ring in 1..8 {
            let count = if ring < 3 { petals } else { petals * 2 };
            let radius = 0.055 + 0.098 * ring as f32 + 0.003 * (ring * ring) as f32;
            for i in 0..count {
                let angle = TAU * (i as f32 + 0.5 * (ring % 2) as f32) / count as f32 + self.turn;
                let (dx, dy) = (libm::cosf(angle) * radius, libm::sinf(angle) * radius);
                sites.push((0.5 + dx + rng.around(loose), 0.5 + dy + rng.around(loose)));
            }
        }
        sites
    }

    /// The sun as one pane with two rings of rays.
    fn rays(&self, rng: &mut Rng) -> Vec<Point> {
        let mut sites = vec![self.light];
        let count = 14 + 2 * rng.below(3);
        for (radius, offset) in [(0.15, 0.0), (0.235, 0.5)] {
            for i in 0..count {
                let angle = TAU * (i as f32 + offset) / count as f32;
                sites.push((
                    self.light.0 + libm::cosf(angle) * radius,
                    self.light.1 + libm::sinf(angle) * radius,
                ));
            }
        }
        sites
    }

    /// The colour of the pane around a centre.
    fn colour(&self, brief: &Brief<'_>, (u, v): Point, rng: &mut Rng) -> Lab {
        let p = brief.palette;
        let away = distance((u, v), self.light);
        let own = rng.around(0.035);
        let colour = match &self.motif {
            Motif::Rose { petals } => {
                let ring = (away / 0.105).round();
                let angle = libm::atan2f(v - 0.5, u - 0.5) - self.turn;
                let petal = (angle / TAU * *petals as f32 * if ring < 3.0 { 1.0 } else { 2.0 }).round();
                let alternate = (petal as i32).rem_euclid(2) as f32 * 0.25;
                let colour = p.accent_at(0.25 * ring + alternate + 0.125);
                colour
                    .mix(p.light, 0.75 / (1.0 + 60.0 * away * away))
                    .mix(p.land[1], 0.10 * ring.min(5.0) * 0.6)
            }
            Motif::Sunrise { hills } => {
                let edge = 0.66 + 0.10 * hills.at(u * 2.4, 0.5);
                let nearer = 0.83 + 0.07 * hills.at(u * 2.0, 9.5);
                if away < 0.06 {
                    p.light
                } else if v > nearer {
                    p.land[1].mix(p.accents[0], rng.range(0.25, 0.65))
                } else if v > edge {
                    p.land[0].mix(p.accents[3], rng.range(0.15, 0.8))
                } else if away < 0.19 {
                    p.accents[1].mix(p.light, rng.range(0.35, 0.7))
                } else if away < 0.28 {
                    p.accents[0].mix(p.light, rng.range(0.1, 0.4))
                } else {
                    p.sky_at(v * 1.4).mix(p.accents[2], rng.range(0.0, 0.5))
                }
            }
            Motif::Mosaic { drift } => {
                let t = drift.sum(u * 1.5, v * 1.5, 2, 0.5);
                let colour = p.accent_at(0.5 + 0.8 * t + rng.around(0.10));
                let pick = rng.unit();
                if pick < 0.16 {
                    colour.mix(p.light, 0.7)
                } else if pick < 0.34 {
                    colour.mix(p.land[1], 0.65)
                } else {
                    colour.mix(p.sky_at(v), 0.25)
                }
            }
        };
        colour.vivid(1.12).lighter(own)
    }
}

fn distance((x0, y0): Point, (x1, y1): Point) -> f32 {
    ((x0 - x1) * (x0 - x1) + (y0 - y1) * (y0 - y1)).sqrt()
}
