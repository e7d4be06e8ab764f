//! The crops of faces: boxes clipped to whole pixels, and faces centred by their landmarks. Geometry and constants
//! are face-api 1.7.15's, because its networks were trained on such crops.

use crate::boxes::Rectangle;
use crate::picture::Picture;
use crate::sample::Region;

/// Share of the landmarks' bounding box that is added on each side for the expression.
const MARGIN: f64 = 0.1;
/// The place of the middle of eyes and mouth in a descriptor's crop.
const MIDDLE: [f64; 2] = [0.5, 0.43];
/// The distance of eyes and mouth as a share of a descriptor's crop.
const EYES_TO_MOUTH: f64 = 0.45;

/// Clips to the picture and cuts at whole pixels. None if nothing is left.
pub(crate) fn clipped(r: &Rectangle, picture: &Picture) -> Option<Region> {
    let (left, top) = (r.left.max(0.0), r.top.max(0.0));
    let width = (r.right - left).min(picture.width() as f64 - left).floor();
    let height = (r.bottom - top).min(picture.height() as f64 - top).floor();
    let some = width >= 1.0 && height >= 1.0;
    some.then_some(Region {
        left: left as usize,
        top: top as usize,
        width: width as usize,
        height: height as usize,
    })
}

/// The crop for the expression network: the landmarks' bounding box and a margin.
pub(crate) fn for_expression(points: &[[f64; 2]]) -> Rectangle {
    let r = Rectangle::around(points);
    let (x, y) = (r.width() * MARGIN, r.height() * MARGIN);
    Rectangle { left: r.left - x, top: r.top - y, right: r.right + x, bottom: r.bottom + y }
}

/// The crop for the recognition network: a square around eyes and mouth. `points` are the 68 landmarks; `face` is
/// the crop that they were found in, whose size bounds the square as in the reference.
pub(crate) fn for_descriptor(points: &[[f64; 2]], face: Region) -> Rectangle {
    let features = [centre(&points[36..42]), centre(&points[42..48]), centre(&points[48..68])];
    let distance = |eye: [f64; 2]| (features[2][0] - eye[0]).hypot(features[2][1] - eye[1]);
    let size = ((distance(features[0]) + distance(features[1])) / 2.0 / EYES_TO_MOUTH).floor();
    let middle = centre(&features);
    let left = (middle[0] - MIDDLE[0] * size).max(0.0).floor();
    let top = (middle[1] - MIDDLE[1] * size).max(0.0).floor();
    let (width, height) = (size.min(face.width as f64 + left), size.min(face.height as f64 + top));
    Rectangle { left, top, right: left + width, bottom: top + height }
}

fn centre(points: &[[f64; 2]]) -> [f64; 2] {
    let sum = points.iter().fold([0.0, 0.0], |sum, point| [sum[0] + point[0], sum[1] + point[1]]);
    sum.map(|s| s / points.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> Picture {
        Picture::new(100, 80, vec![0; 24_000]).unwrap()
    }

    fn r(left: f64, top: f64, right: f64, bottom: f64) -> Rectangle {
        Rectangle { left, top, right, bottom }
    }

    #[test]
    fn boxes_are_cut_at_whole_pixels_inside_the_picture() {
        for (rectangle, wanted) in [
            (r(1.9, 2.9, 11.8, 13.0), Some((1, 2, 9, 10))),
            (r(-5.0, -5.0, 10.5, 10.5), Some((0, 0, 10, 10))),
            (r(90.0, 70.0, 200.0, 200.0), Some((90, 70, 10, 10))),
            (r(99.5, 10.0, 120.0, 20.0), None),
            (r(120.0, 10.0, 140.0, 20.0), None),
            (r(20.0, 10.0, 10.0, 20.0), None),
            (r(f64::NAN, 10.0, 10.0, f64::NAN), Some((0, 10, 10, 70))),
        ] {
            let region = wanted.map(|(left, top, width, height)| Region { left, top, width, height });
            assert_eq!(clipped(&rectangle, &picture()), region, "{rectangle:?}");
        }
    }

    #[test]
    fn a_descriptor_is_cut_around_eyes_and_mouth() {
        let mut points = vec![[50.0, 50.0]; 68];
        points[36..42].fill([40.0, 40.0]);
        points[42..48].fill([60.0, 40.0]);
        points[48..68].fill([50.0, 60.0]);
        let face = Region { left: 0, top: 0, width: 100, height: 100 };
        // √(10² + 20²) / 0.45 = 49.69; the middle is (50, 46.67).
        assert_eq!(for_descriptor(&points, face), r(25.0, 25.0, 74.0, 74.0));
    }

    #[test]
    fn the_expression_has_a_margin_of_a_tenth() {
        assert_eq!(for_expression(&[[10.0, 20.0], [20.0, 40.0]]), r(9.0, 18.0, 21.0, 42.0));
    }
}
