//! From an upright picture to faces, emotions and descriptors.

use crate::align::{clipped, for_descriptor, for_expression};
use crate::boxes::{Rectangle, Scored};
use crate::expression::{Expression, PRIOR};
use crate::landmarks::Landmarks;
use crate::orientation::Orientation;
use crate::picture::Picture;
use crate::recognition::{Descriptor, Recognition};
use crate::sample::Region;
use crate::ssd::{MAX_FACES, Ssd};
use crate::tensor::Scratch;
use crate::tiles;
use crate::weights::{ModelError, Weights};
use domain::{BoundingBox, Face};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The name of the models that results carry.
pub const MODEL: &str = "face-api-1.7.15";

/// How a photo that does not say so may have been held.
const TURNS: [Orientation; 3] =
    [Orientation::QuarterRight, Orientation::QuarterLeft, Orientation::UpsideDown];

/// How a picture is analysed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// How far emotions are weighed by their frequency in everyday photos: 0 not at all, 1 fully.
    pub prior: f64,
    /// Detect small faces in overlapping tiles too: up to 14 times the detector's work.
    pub tiles: bool,
    /// Describe each face with 128 numbers for comparison.
    pub descriptors: bool,
}

impl Default for Options {
    /// The everyday prior's usual share; no tiles, no descriptors.
    fn default() -> Self {
        Options { prior: PRIOR, tiles: false, descriptors: false }
    }
}

/// Less likely faces of a turned picture are dropped: of 500 pictures without a face, 3 show one in a turn above .5, with
/// .57 to .75.
const MIN_TURNED_CONFIDENCE: f32 = 0.8;

/// A box that holds a face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Relative to the picture and inside it.
    pub bounding_box: BoundingBox,
    /// Probability of a face, above 0.5.
    pub confidence: f64,
}

/// A face and, if the options ask for it, its descriptor.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalysedFace {
    /// Box, confidence, 68 landmarks and probabilities of seven emotions.
    pub face: Face,
    /// Present if [`Options::descriptors`] is set.
    pub descriptor: Option<Descriptor>,
}

#[derive(Debug)]
struct Models {
    detector: Ssd,
    landmarks: Landmarks,
    expression: Expression,
    recognition: Recognition,
    /// SHA-256 over the models' digests in the order above, hex.
    digest: String,
}

impl Models {
    /// Reads the models from `dir`, one after the other, so that only one is in memory twice.
    fn open(dir: &Path) -> Result<Self, ModelError> {
        let mut all = Sha256::new();
        let mut open = |model: &str| {
            let weights = Weights::open(dir, model)?;
            all.update(weights.digest());
            Ok(weights)
        };
        let detector = Ssd::load(open("ssd_mobilenetv1_model")?)?;
        let landmarks = Landmarks::load(open("face_landmark_68_model")?)?;
        let expression = Expression::load(open("face_expression_model")?)?;
        let recognition = Recognition::load(open("face_recognition_model")?)?;
        Ok(Models { detector, landmarks, expression, recognition, digest: hex::encode(all.finalize()) })
    }
}

/// The networks and their scratch memory. An analysis runs on the calling thread; any number of threads may share an
/// analyser, and equal pictures give equal numbers.
#[derive(Debug)]
pub struct Analyser {
    models: Models,
    idle: Mutex<Vec<Scratch>>,
}

impl Analyser {
    /// Loads the models from `dir`. Errors name the file and the command that fetches it.
    pub fn open(dir: &Path) -> Result<Self, ModelError> {
        Ok(Analyser { models: Models::open(dir)?, idle: Mutex::default() })
    }

    /// SHA-256 over all weights, hex: equal digests give equal numbers.
    pub fn digest(&self) -> &str {
        &self.models.digest
    }

    /// Detects the faces of a picture that is known to be upright, most confident first, at most 100, without landmarks and
    /// emotions.
    pub fn detect(&self, picture: &Picture, tiles: bool) -> Vec<Detection> {
        self.with_scratch(|scratch| {
            let found = self.find(picture, tiles, scratch);
            found.iter().map(|scored| detection(scored, picture)).collect()
        })
    }

    /// Detects and analyses the faces, most confident first, at most 100. If none is found, it looks at the picture turned
    /// by a quarter right, a quarter left and a half; the answer is relative to the picture as it is.
    pub fn analyse(&self, picture: &Picture, options: Options) -> Vec<AnalysedFace> {
        self.with_scratch(|scratch| {
            let found = self.find(picture, options.tiles, scratch);
            if found.is_empty() {
                return self.analyse_turned(picture, options, scratch);
            }
            self.read_all(&found, picture, options, scratch)
        })
    }

    /// The faces of the turn that shows the most confident one: sideways the detector is less confident, not blind.
    fn analyse_turned(
        &self,
        picture: &Picture,
        options: Options,
        scratch: &mut Scratch,
    ) -> Vec<AnalysedFace> {
        let mut best: Option<(Orientation, Picture, Vec<Scored>)> = None;
        for turn in TURNS {
            let turned = picture.clone().upright(turn);
            let mut found = self.models.detector.detect(&turned, Region::whole(&turned), scratch);
            found.retain(|scored| scored.confidence >= MIN_TURNED_CONFIDENCE);
            let top = |found: &[Scored]| found.first().map_or(0.0, |scored| scored.confidence);
            if top(&found) > best.as_ref().map_or(0.0, |(.., found)| top(found)) {
                best = Some((turn, turned, found));
            }
        }
        let Some((turn, turned, found)) = best else { return Vec::new() };
        let mut faces = self.read_all(&found, &turned, options, scratch);
        faces.iter_mut().for_each(|analysed| turn_back(&mut analysed.face, turn));
        faces
    }

    /// Runs with scratch memory that an earlier picture left behind.
    fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        // Buffers hold no meaning between pictures, so a panic cannot have left them wrong.
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = idle().pop().unwrap_or_default();
        let result = work(&mut scratch);
        idle().push(scratch);
        result
    }

    fn read_all(
        &self,
        found: &[Scored],
        picture: &Picture,
        options: Options,
        scratch: &mut Scratch,
    ) -> Vec<AnalysedFace> {
        found.iter().filter_map(|scored| self.read(scored, picture, options, scratch)).collect()
    }

    fn find(&self, picture: &Picture, tiles: bool, scratch: &mut Scratch) -> Vec<Scored> {
        let mut found = self.models.detector.detect(picture, Region::whole(picture), scratch);
        let levels = if tiles { tiles::levels(picture) } else { Vec::new() };
        for level in levels {
            let mut finer = Vec::new();
            for tile in level {
                let faces = self.models.detector.detect(picture, tile, scratch);
                finer.extend(faces.into_iter().filter(|f| tiles::is_whole(&f.rectangle, tile, picture)));
            }
            found = tiles::merge(found, finer, MAX_FACES);
        }
        if found.is_empty() {
            found = self.models.detector.detect_close(picture, scratch);
        }
        found
    }

    /// Analyses one face. None if its box holds no whole pixel of the picture.
    fn read(
        &self,
        scored: &Scored,
        picture: &Picture,
        options: Options,
        scratch: &mut Scratch,
    ) -> Option<AnalysedFace> {
        let crop = clipped(&scored.rectangle, picture)?;
        let points = self.points(&scored.rectangle, crop, picture, scratch);
        let expression = clipped(&for_expression(&points), picture).unwrap_or(crop);
        let emotions = self.models.expression.read(picture, expression, options.prior, scratch)?;
        let descriptor = options.descriptors.then(|| {
            let region = clipped(&for_descriptor(&points, crop), picture).unwrap_or(crop);
            self.models.recognition.describe(picture, region, scratch)
        });
        let Detection { bounding_box, confidence } = detection(scored, picture);
        let size = [picture.width() as f64, picture.height() as f64];
        let relative = |point: [f64; 2]| [0, 1].map(|axis| (point[axis] / size[axis]).clamp(0.0, 1.0));
        let landmarks = points.into_iter().map(relative).collect();
        let (emotions, emotions_raw) = (emotions.calibrated, Some(emotions.raw));
        let face = Face { bounding_box, confidence, landmarks, emotions, emotions_raw };
        Some(AnalysedFace { face, descriptor })
    }

    /// The 68 points in the picture's pixels. They are found in the crop at whole pixels, but set off from the box
    /// as it was before cutting: the reference does so, and the next crops follow from it.
    fn points(&self, r: &Rectangle, crop: Region, picture: &Picture, scratch: &mut Scratch) -> Vec<[f64; 2]> {
        let found = self.models.landmarks.find(picture, crop, scratch);
        let (width, height) = (crop.width as f64, crop.height as f64);
        found.into_iter().map(|[x, y]| [x * width + r.left, y * height + r.top]).collect()
    }
}

/// A found box relative to the picture, clipped to it.
fn detection(scored: &Scored, picture: &Picture) -> Detection {
    let (width, height) = (picture.width() as f64, picture.height() as f64);
    let r = &scored.rectangle;
    let (left, top) = ((r.left / width).clamp(0.0, 1.0), (r.top / height).clamp(0.0, 1.0));
    let (right, bottom) = ((r.right / width).clamp(0.0, 1.0), (r.bottom / height).clamp(0.0, 1.0));
    let bounding_box =
        BoundingBox { left, top, width: (right - left).max(0.0), height: (bottom - top).max(0.0) };
    Detection { bounding_box, confidence: f64::from(scored.confidence) }
}

/// Turns the face of an upright picture back to the picture that was turned.
fn turn_back(face: &mut Face, turn: Orientation) {
    let b = face.bounding_box;
    let corners =
        [[b.left, b.top], [b.left + b.width, b.top + b.height]].map(|corner| turn.stored_point(corner));
    let r = Rectangle::around(&corners);
    face.bounding_box = BoundingBox { left: r.left, top: r.top, width: r.width(), height: r.height() };
    face.landmarks.iter_mut().for_each(|point| *point = turn.stored_point(*point));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_relative_and_inside() {
        let picture = Picture::new(100, 50, vec![0; 15_000]).unwrap();
        let rectangle = Rectangle { left: 50.0, top: -5.0, right: 120.0, bottom: 25.0 };
        let Detection { bounding_box, .. } = detection(&Scored { confidence: 0.9, rectangle }, &picture);
        assert_eq!(bounding_box, BoundingBox { left: 0.5, top: 0.0, width: 0.5, height: 0.5 });
    }
}
