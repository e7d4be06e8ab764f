//! Panes: Voronoi cells of sites in the unit square, and each pixel's distance from the border of its pane.

use super::canvas::Point;

pub(super) struct Panes(Vec<Point>);

/// Side in pixels of a tile whose pixels share one list of near sites.
const TILE: usize = 16;

impl Panes {
    /// Panes around `sites`, each moved `relaxations` times to the centroid of its pane (Lloyd 1982). The site of an
    /// empty pane does not move.
    pub(super) fn new(sites: Vec<Point>, relaxations: usize) -> Self {
        const SAMPLES: usize = 128;
        let mut panes = Panes(sites);
        for _ in 0..relaxations {
            let mut sums = vec![(0.0f32, 0.0f32, 0.0f32); panes.0.len()];
            panes.each_pixel(SAMPLES, |_, _, (u, v), pane, _| {
                let (x, y, n) = sums[pane];
                sums[pane] = (x + u, y + v, n + 1.0);
            });
            for (site, (x, y, n)) in panes.0.iter_mut().zip(sums) {
                if n > 0.0 {
                    *site = (x / n, y / n);
                }
            }
        }
        panes
    }

    pub(super) fn centres(&self) -> &[Point] {
        &self.0
    }

    /// Calls `pixel(column, row, (u, v), pane, distance to the border)` for each of `size` × `size` pixels.
    pub(super) fn each_pixel(&self, size: usize, mut pixel: impl FnMut(usize, usize, Point, usize, f32)) {
        let step = 1.0 / size as f32;
        let mut near = Vec::with_capacity(32);
        for tile_y in (0..size).step_by(TILE) {
            for tile_x in (0..size).step_by(TILE) {
                let middle =
                    ((tile_x as f32 + 0.5 * TILE as f32) * step, (tile_y as f32 + 0.5 * TILE as f32) * step);
                self.near_sites(middle, TILE as f32 * step * 0.75, &mut near);
                for y in tile_y..(tile_y + TILE).min(size) {
                    for x in tile_x..(tile_x + TILE).min(size) {
                        let at = ((x as f32 + 0.5) * step, (y as f32 + 0.5) * step);
                        let (pane, border) = self.nearest(at, &near);
                        pixel(x, y, at, pane, border);
                    }
                }
            }
        }
    }

    /// The sites that can own a point within `radius` of `middle`, or border on its owner.
    fn near_sites(&self, middle: Point, radius: f32, near: &mut Vec<usize>) {
        // Width of the widest lead with its shadow: farther borders have no effect.
        const BORDER: f32 = 0.02;
        let nearest = self.0.iter().map(|site| distance2(*site, middle)).fold(f32::MAX, f32::min).sqrt();
        let reach = nearest + 2.0 * (radius + BORDER);
        near.clear();
        near.extend((0..self.0.len()).filter(|&i| distance2(self.0[i], middle) <= reach * reach));
    }

    /// The pane of a point, and its distance to the nearest border.
    fn nearest(&self, at: Point, near: &[usize]) -> (usize, f32) {
        let (mut own, mut least) = (0, f32::MAX);
        for &i in near {
            let d = distance2(self.0[i], at);
            if d < least {
                (own, least) = (i, d);
            }
        }
        let site = self.0[own];
        let mut border = f32::MAX;
        for &i in near {
            if i != own {
                let other = self.0[i];
                // The border is the bisector: the difference of squares over twice the distance of the sites.
                let apart = distance2(site, other).sqrt().max(1e-6);
                border = border.min((distance2(other, at) - least) / (2.0 * apart));
            }
        }
        (own, border)
    }
}

#[inline]
fn distance2((x0, y0): Point, (x1, y1): Point) -> f32 {
    (x0 - x1) * (x0 - x1) + (y0 - y1) * (y0 - y1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn tiles_find_the_nearest_of_all_sites() {
        let mut rng = Rng::new(5, "test");
        let panes = Panes::new((0..80).map(|_| (rng.unit(), rng.unit())).collect(), 2);
        let all: Vec<usize> = (0..80).collect();
        panes.each_pixel(100, |_, _, at, pane, border| {
            let (expected, distance) = panes.nearest(at, &all);
            assert_eq!(pane, expected);
            assert!(distance > 0.02 || (border - distance).abs() < 1e-6);
        });
    }

    #[test]
    fn relaxing_evens_the_panes() {
        let mut rng = Rng::new(6, "test");
        let sites: Vec<Point> = (0..40).map(|_| (rng.unit(), rng.unit())).collect();
        let spread = |panes: &Panes| {
            let mut areas = [0.0f32; 40];
            panes.each_pixel(100, |_, _, _, pane, _| areas[pane] += 1.0);
            areas.iter().map(|a| (a - 250.0) * (a - 250.0)).sum::<f32>()
        };
        assert!(spread(&Panes::new(sites.clone(), 4)) < 0.5 * spread(&Panes::new(sites, 0)));
    }
}
