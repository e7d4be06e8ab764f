//! The four networks, loaded.

use crate::expression::Expression;
use crate::landmarks::Landmarks;
use crate::recognition::Recognition;
use crate::ssd::Ssd;
use crate::weights::{ModelError, Weights};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The name that results carry.
pub const MODEL: &str = "face-api-1.7.15";

/// All networks, ready to run.
#[derive(Debug)]
pub(crate) struct Models {
    pub detector: Ssd,
    pub landmarks: Landmarks,
    pub expression: Expression,
    pub recognition: Recognition,
    /// SHA-256 over the models' digests in the order above, hex.
    pub digest: String,
}

impl Models {
    /// Reads the models from `dir`, one after the other, so that only one is in memory twice.
    pub fn open(dir: &Path) -> Result<Self, ModelError> {
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
