//! A face in a photo, relative to the upright picture.

use crate::distribution::Distribution;
use serde::{Deserialize, Serialize};

/// A rectangle relative to the upright picture: each number 0..1 of its width or height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoundingBox {
    /// Distance of the left edge from the picture's.
    pub left: f64,
    /// Distance of the top edge from the picture's.
    pub top: f64,
    pub width: f64,
    pub height: f64,
}

impl BoundingBox {
    /// The share of the picture that the box covers, 0..1.
    pub fn area(&self) -> f64 {
        self.width * self.height
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Face {
    #[serde(rename = "box")]
    pub bounding_box: BoundingBox,
    /// The engine's confidence that it is a face, 0..1.
    pub confidence: f64,
    /// Points of the face as [x, y], each 0..1 of the upright picture; their number and order are the engine's.
    pub landmarks: Vec<[f64; 2]>,
    pub emotions: Distribution,
    /// The engine's own probabilities before calibration, if it calibrates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emotions_raw: Option<Distribution>,
}

/// The most faces of a photo that are kept.
pub const MAX_FACES: usize = 100;
