//! `face_landmark_68`: the 68 points of a face (the iBUG 300-W numbering: jaw 0-16, brows 17-26, nose
//! 27-35, eyes 36-47, mouth 48-67).

use crate::picture::Picture;
use crate::sample::Region;
use crate::tensor::Scratch;
use crate::trunk::{SIDE, Trunk};
use crate::weights::{ModelError, Weights};

/// How many landmarks a face has.
pub const POINTS: usize = 68;

#[derive(Debug)]
pub(crate) struct Landmarks(Trunk);

impl Landmarks {
    /// Takes every tensor of the network.
    pub fn load(weights: Weights) -> Result<Self, ModelError> {
        Trunk::load(weights, POINTS * 2).map(Landmarks)
    }

    /// The points of the face that fills `region`: [x, y] relative to the region; inside it 0..1.
    pub fn find(&self, picture: &Picture, region: Region, scratch: &mut Scratch) -> Vec<[f64; 2]> {
        let numbers = self.0.run(picture, region, scratch);
        let (scaled, padding) = scaled(region);
        let place = |axis: usize, number: f32| {
            // In f32 as the reference does it: crops are cut at whole pixels, and a bit may decide which.
            f64::from((number * SIDE as f32 - padding[axis]) / scaled[axis])
        };
        numbers.as_chunks::<2>().0.iter().map(|pair| [place(0, pair[0]), place(1, pair[1])]).collect()
    }
}

/// The region's sides when it is resized to the network's square, and the black before it on each axis.
fn scaled(region: Region) -> ([f32; 2], [f32; 2]) {
    let scale = SIDE as f64 / region.width.max(region.height) as f64;
    let (width, height) = (region.width as f64 * scale, region.height as f64 * scale);
    let short = (width - height).abs() / 2.0;
    let padding = if width < height { [short, 0.0] } else { [0.0, short] };
    ([width as f32, height as f32], padding.map(|p| p as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_is_taken_off_the_short_side() {
        for (width, height, wanted) in [
            (100, 50, ([112.0, 56.0], [0.0, 28.0])),
            (50, 100, ([56.0, 112.0], [28.0, 0.0])),
            (30, 30, ([112.0, 112.0], [0.0, 0.0])),
        ] {
            assert_eq!(scaled(Region { left: 0, top: 0, width, height }), wanted);
        }
    }
}
