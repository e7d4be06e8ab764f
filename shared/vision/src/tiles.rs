//! Small faces in large pictures: the detector runs on the whole picture, then on overlapping tiles.
//!
//! The detector's input has 512 pixels a side, so a face of 50 pixels in a photo of 1920 shrinks to 13. In a tile it
//! is two to three times as large.

use crate::boxes::{Rectangle, Scored, suppress_by};
use crate::picture::Picture;
use crate::sample::Region;

/// (tiles a side, shortest long side of a picture in pixels that has them).
const LEVELS: [(usize, usize); 2] = [(2, 1024), (3, 1536)];
/// Share of a tile that its neighbour covers too; a face that fits in it is whole in one of them.
const SHARED: f64 = 0.25;
/// A box this close to an inner edge, as a share of the tile, is a face that was cut.
const EDGE: f64 = 0.01;
/// Two boxes are one face above this overlap, or above this share of the smaller inside the larger.
const SAME: (f64, f64) = (0.4, 0.7);

/// The tiles of each level that a picture has, coarse to fine.
pub(crate) fn levels(picture: &Picture) -> Vec<Vec<Region>> {
    let longest = picture.width().max(picture.height());
    let present = LEVELS.into_iter().filter(|&(_, from)| longest >= from);
    present.map(|(n, _)| tiles(picture, n)).collect()
}

fn tiles(picture: &Picture, n: usize) -> Vec<Region> {
    let (columns, rows) = (spans(picture.width(), n), spans(picture.height(), n));
    let cross = |&(top, height): &(usize, usize)| {
        columns.iter().map(move |&(left, width)| Region { left, top, width, height })
    };
    rows.iter().flat_map(cross).collect()
}

/// `n` spans (start, length) over `length` that share [`SHARED`] with their neighbours.
fn spans(length: usize, n: usize) -> Vec<(usize, usize)> {
    let span = ((length as f64 / (n as f64 - (n - 1) as f64 * SHARED)).ceil() as usize).min(length).max(1);
    (0..n).map(|i| ((length - span) * i / (n - 1).max(1), span)).collect()
}

/// Whether a box found in a tile is a whole face: not cut by an edge that is not the picture's.
pub(crate) fn is_whole(r: &Rectangle, tile: Region, picture: &Picture) -> bool {
    let (x, y) = (tile.width as f64 * EDGE, tile.height as f64 * EDGE);
    let (right, bottom) = (tile.left + tile.width, tile.top + tile.height);
    (tile.left == 0 || r.left > tile.left as f64 + x)
        && (tile.top == 0 || r.top > tile.top as f64 + y)
        && (right == picture.width() || r.right < right as f64 - x)
        && (bottom == picture.height() || r.bottom < bottom as f64 - y)
}

/// Adds a finer level's faces that the coarser ones do not have. Most confident first, at most `max`.
pub(crate) fn merge(mut found: Vec<Scored>, finer: Vec<Scored>, max: usize) -> Vec<Scored> {
    for scored in suppress_by(finer, max, same) {
        if !found.iter().any(|f| same(&scored.rectangle, &f.rectangle)) {
            found.push(scored);
        }
    }
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found.truncate(max);
    found
}

fn same(a: &Rectangle, b: &Rectangle) -> bool {
    a.overlap(b) > SAME.0 || a.common(b) > SAME.1 * a.area().min(b.area())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize) -> Picture {
        Picture::new(width, height, vec![0; width * height * 3]).unwrap()
    }

    #[test]
    fn tiles_cover_the_picture_and_share_a_quarter() {
        assert_eq!(spans(1000, 2), [(0, 572), (428, 572)]);
        assert_eq!(spans(1000, 3), [(0, 400), (300, 400), (600, 400)]);
        assert_eq!(spans(1, 3), [(0, 1), (0, 1), (0, 1)]);
        for (size, wanted) in [(1023, 0), (1024, 1), (1536, 2)] {
            assert_eq!(levels(&picture(size, 10)).len(), wanted, "{size}");
        }
        assert_eq!(levels(&picture(1920, 1280))[1].len(), 9);
    }

    #[test]
    fn cut_faces_do_not_count_except_at_the_pictures_border() {
        let picture = picture(200, 100);
        let tile = Region { left: 0, top: 0, width: 100, height: 100 };
        let at = |left: f64, right: f64| Rectangle { left, top: 10.0, right, bottom: 50.0 };
        for (r, whole) in [(at(0.0, 50.0), true), (at(50.0, 99.5), false), (at(50.0, 90.0), true)] {
            assert_eq!(is_whole(&r, tile, &picture), whole, "{r:?}");
        }
    }

    #[test]
    fn finer_levels_only_add() {
        let at = |left: f64, side: f64, confidence: f32| Scored {
            confidence,
            rectangle: Rectangle { left, top: 0.0, right: left + side, bottom: side },
        };
        let merged = merge(vec![at(0.0, 100.0, 0.6)], vec![at(10.0, 20.0, 0.9), at(200.0, 20.0, 0.8)], 100);
        assert_eq!(merged.iter().map(|s| s.rectangle.left).collect::<Vec<_>>(), [200.0, 0.0]);
    }
}
