//! A landscape in layers: sky, ranges in haze, water, trees, weather. Sharpness of the ridges follows displeasure,
//! their height arousal.

mod layout;
mod plants;
mod ridges;
mod sky;
mod sky_life;
mod water;
mod weather;

use super::canvas::Canvas;
use super::noise::Noise;
use super::palette::Palette;
use super::style::Brief;
use crate::rng::Rng;
use domain::Emotion;
use layout::{Layout, Plan};

/// Everything that the parts of one landscape agree on. Lengths are parts of the picture's side.
struct Scene<'a> {
    seed: u64,
    emotion: Emotion,
    /// -1..1.
    valence: f32,
    /// -1..1.
    arousal: f32,
    palette: &'a Palette,
    plan: Plan,
    /// Sun or moon: centre and radius.
    sun: (f32, f32, f32),
}

impl Scene<'_> {
    fn rng(&self, part: &str) -> Rng {
        Rng::new(self.seed, part)
    }

    fn noise(&self, part: &str) -> Noise {
        Noise::new(self.rng(part).bits())
    }
}

/// Paints a landscape.
pub(super) fn paint(brief: &Brief<'_>) -> Canvas {
    let mut rng = Rng::new(brief.seed, "landscape");
    let plan = Plan::new(Layout::choose(brief.emotion, &mut rng), brief.valence, &mut rng);
    let scene = Scene {
        seed: brief.seed,
        emotion: brief.emotion,
        valence: brief.valence,
        arousal: brief.arousal,
        palette: brief.palette,
        sun: sky::place_sun(brief, &plan, &mut rng),
        plan,
    };
    let mut canvas = sky::paint(&scene, brief.size);
    sky_life::paint(&mut canvas, &scene);
    let layers = ridges::layers(&scene, brief.size);
    let shore = layers.iter().filter(|layer| layer.behind_water).count();
    ridges::paint(&mut canvas, &scene, &layers[..shore]);
    for layer in &layers[..shore] {
        plants::grow(&mut canvas, &scene, layer);
    }
    if scene.plan.water.is_some() {
        water::paint(&mut canvas, &scene);
    }
    ridges::paint(&mut canvas, &scene, &layers[shore..]);
    for layer in &layers[shore..] {
        plants::grow(&mut canvas, &scene, layer);
    }
    weather::paint(&mut canvas, &scene);
    canvas
}
