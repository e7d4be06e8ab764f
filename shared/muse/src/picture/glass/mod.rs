//! A leaded window: a Voronoi diagram relaxed by Lloyd's method, each pane of one glass, lit from behind.

mod panes;
mod pattern;

use super::canvas::Canvas;
use super::noise::{Noise, smooth_step};
use super::oklab::Lab;
use super::style::Brief;
use crate::rng::Rng;
use panes::Panes;
use pattern::Pattern;

/// Paints a window.
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
    let (light_x, light_y) = pattern.light();
    let mut canvas = Canvas::new(brief.size, lead_colour);
    panes.each_pixel(brief.size, |x, y, (u, v), pane, border| {
        let streak = texture.sum(u * 7.0 + v * ways[pane] + ways[pane] * 9.0, v * 7.0, 3, 0.5);
        let seed = texture.at(u * 60.0 + ways[pane] * 31.0, v * 60.0);
        let (dx, dy) = (u - light_x, v - light_y);
        let glow = 1.0 / (1.0 + 5.0 * (dx * dx + dy * dy));
        let mut glass = colours[pane].mix(brief.palette.light, 0.26 * glow * glow);
        glass.l += 0.045 * streak + 0.012 * seed + 0.05 * (glow - 0.5);
        // Thick at its edges, where the lead's shadow falls in.
        glass.l -= 0.075 * (1.0 - smooth_step(lead, lead + 0.013, border));
        let edge = 0.7 / brief.size as f32;
        let inside = smooth_step(lead - edge, lead + edge, border);
        // The lead is round: a faint light runs along its middle.
        let ridge = lead_colour.lighter(0.10 * (1.0 - border / lead).max(0.0));
        *canvas.pixel(x, y) = ridge.mix(glass, inside);
    });
    canvas
}
