//! A landscape in layers: sky, ranges in haze, water, plants, weather. Unpleasant scenes have sharper ridges, aroused
//! scenes higher ones.

mod plants;
mod scene;
mod sky;
mod terrain;
mod weather;

use super::canvas::Canvas;
use super::style::Brief;
use scene::Scene;

pub(super) fn paint(brief: &Brief<'_>) -> Canvas {
    let scene = Scene::new(brief);
    let mut canvas = sky::paint(&scene, brief.size);
    sky::paint_figures(&mut canvas, &scene);
    let layers = terrain::layers(&scene, brief.size);
    let shore = layers.iter().filter(|layer| layer.row.behind_water).count();
    paint_land(&mut canvas, &scene, &layers[..shore]);
    terrain::paint_water(&mut canvas, &scene);
    paint_land(&mut canvas, &scene, &layers[shore..]);
    weather::paint(&mut canvas, &scene);
    canvas
}

fn paint_land(canvas: &mut Canvas, scene: &Scene<'_>, layers: &[terrain::Layer]) {
    terrain::paint_hills(canvas, scene, layers);
    for layer in layers {
        plants::grow(canvas, scene, layer);
    }
}
