//! Rectangles in a picture, and the suppression of those that overlap.

/// A rectangle; its user chooses unit and origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rectangle {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rectangle {
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    /// 0 if right is left of left, or bottom above top.
    pub fn area(&self) -> f64 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// The rectangle moved right by `x` and down by `y`.
    pub fn shift(&self, x: f64, y: f64) -> Rectangle {
        Rectangle { left: self.left + x, top: self.top + y, right: self.right + x, bottom: self.bottom + y }
    }

    /// The area of the intersection.
    pub fn common(&self, other: &Rectangle) -> f64 {
        Rectangle {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
        .area()
    }

    /// Intersection over union, 0..1.
    pub fn overlap(&self, other: &Rectangle) -> f64 {
        let common = self.common(other);
        if common > 0.0 { common / (self.area() + other.area() - common) } else { 0.0 }
    }

    /// The bounding box of points [x, y].
    pub fn around(points: &[[f64; 2]]) -> Rectangle {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for point in points {
            for axis in 0..2 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        Rectangle { left: low[0], top: low[1], right: high[0], bottom: high[1] }
    }
}

/// A rectangle and the probability that it holds a face, 0..1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scored {
    pub confidence: f32,
    pub rectangle: Rectangle,
}

impl Scored {
    pub fn map(self, change: impl Fn(Rectangle) -> Rectangle) -> Scored {
        Scored { rectangle: change(self.rectangle), ..self }
    }
}

/// Greedy non-maximum suppression: keeps the most confident first, then each one that overlaps none of the kept by
/// more than `max_overlap`; at most `max`.
pub(crate) fn suppress(found: Vec<Scored>, max_overlap: f64, max: usize) -> Vec<Scored> {
    suppress_by(found, max, |a, b| a.overlap(b) > max_overlap)
}

/// Greedy suppression of rectangles that are the `same` as a kept one.
pub(crate) fn suppress_by(
    mut found: Vec<Scored>,
    max: usize,
    same: impl Fn(&Rectangle, &Rectangle) -> bool,
) -> Vec<Scored> {
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut kept: Vec<Scored> = Vec::new();
    for scored in found {
        if kept.len() == max {
            break;
        }
        if !kept.iter().any(|k| same(&scored.rectangle, &k.rectangle)) {
            kept.push(scored);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(left: f64, confidence: f32) -> Scored {
        Scored { confidence, rectangle: Rectangle { left, top: 0.0, right: left + 10.0, bottom: 10.0 } }
    }

    #[test]
    fn overlap_is_intersection_over_union() {
        for (left, wanted) in [(0.0, 1.0), (5.0, 1.0 / 3.0), (10.0, 0.0), (50.0, 0.0)] {
            assert!(
                (at(0.0, 1.0).rectangle.overlap(&at(left, 1.0).rectangle) - wanted).abs() < 1e-12,
                "{left}"
            );
        }
    }

    #[test]
    fn the_most_confident_of_a_heap_stays() {
        let kept = suppress(vec![at(1.0, 0.7), at(0.0, 0.9), at(20.0, 0.6), at(21.0, 0.8)], 0.5, 100);
        assert_eq!(kept.iter().map(|s| s.rectangle.left).collect::<Vec<_>>(), [0.0, 21.0]);
        assert_eq!(suppress(vec![at(0.0, 0.9), at(20.0, 0.6)], 0.5, 1).len(), 1);
    }

    #[test]
    fn around_points() {
        let r = Rectangle::around(&[[1.0, 5.0], [3.0, 2.0]]);
        assert_eq!(r, Rectangle { left: 1.0, top: 2.0, right: 3.0, bottom: 5.0 });
    }
}
