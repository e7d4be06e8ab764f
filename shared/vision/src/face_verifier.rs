//! The port `FaceVerifier` on the embedded networks: a face is compared by its 128 numbers.

use crate::analyser::{Analyser, MODEL, Options};
use crate::decode::{Cancel, decode_unless};
use crate::face_engine::{CancelOnDrop, ENGINE, refused};
use crate::lanes::Lanes;
use crate::limits::MAX_PORTRAIT_PIXELS;
use crate::preview::preview;
use crate::recognition::Descriptor;
use async_trait::async_trait;
use bytes::Bytes;
use domain::Enrolment;
use domain::enrolment::FaceTemplate;
use domain::ports::face_engine::EngineError;
use domain::ports::face_verifier::{self, Portrait, VerifyError};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Photos of one person are at most this far apart. The customary .6 takes too many strangers for one person; docs/faces.md
/// has what was measured.
pub const MAX_DISTANCE: f64 = 0.45;

/// Distances and their similarities, between which similarity is linear.
const SIMILARITIES: [(f64, f64); 3] = [(0.0, 100.0), (0.6, 85.0), (1.2, 0.0)];

/// Compares faces with the embedded networks, on half of the cores at most.
#[derive(Clone, Debug)]
pub struct FaceVerifier {
    analyser: Arc<Analyser>,
    lanes: Lanes,
    model: String,
}

impl FaceVerifier {
    /// A verifier that takes a permit for each photo; a permit stands for one core and about 100 MB.
    pub fn new(analyser: Arc<Analyser>, permits: Arc<Semaphore>) -> Self {
        let digest = analyser.digest().get(..12).unwrap_or_default();
        let model = format!("{MODEL}+{digest}");
        FaceVerifier { analyser, lanes: Lanes::new(permits), model }
    }

    /// Runs `work` on the descriptor of the photo's one face.
    async fn read<T: Send + 'static>(
        &self,
        photo: Bytes,
        work: impl FnOnce(&crate::Picture, Descriptor) -> Result<T, VerifyError> + Send + 'static,
    ) -> Result<T, VerifyError> {
        let lane = self.lanes.enter().await?;
        let analyser = Arc::clone(&self.analyser);
        let cancel = Arc::new(Cancel::above(MAX_PORTRAIT_PIXELS));
        let _cancel_on_drop = CancelOnDrop(Arc::clone(&cancel));
        let run = move || {
            // Held until the work is done, also if the caller waits no longer.
            let _lane = lane;
            let picture = decode_unless(&photo, &cancel).map_err(refused)?;
            drop(photo);
            let options = Options { descriptors: true, ..Options::default() };
            let faces = analyser.analyse(&picture, options);
            if faces.len() > 1 {
                return Err(VerifyError::MultipleFaces);
            }
            let descriptor = faces.into_iter().next().and_then(|face| face.descriptor);
            work(&picture, descriptor.ok_or(VerifyError::NoFace)?)
        };
        tokio::task::spawn_blocking(run).await.map_err(|panic| EngineError::Broken(panic.into()))?
    }

    fn fits(&self, template: &FaceTemplate) -> bool {
        let FaceTemplate { engine, model, descriptor } = template;
        (engine.as_str(), model) == (ENGINE, &self.model) && descriptor.len() == crate::DESCRIPTOR_LENGTH
    }
}

/// The Euclidean distance of two descriptors.
fn distance(one: &[f32], other: &[f32]) -> f64 {
    let squares = one.iter().zip(other).map(|(a, b)| f64::from(a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

/// 100 for equal descriptors, 0 from a distance of 1.2 on; it falls everywhere between.
fn similarity(distance: f64) -> f64 {
    let between = SIMILARITIES.windows(2).find(|pair| distance <= pair[1].0);
    between.map_or(0.0, |pair| {
        let [(near, high), (far, low)] = [pair[0], pair[1]];
        high + (low - high) * (distance - near) / (far - near)
    })
}

#[async_trait]
impl face_verifier::FaceVerifier for FaceVerifier {
    fn model(&self) -> &str {
        &self.model
    }

    fn threshold(&self) -> f64 {
        similarity(MAX_DISTANCE)
    }

    async fn portray(&self, photo: Bytes) -> Result<Portrait, VerifyError> {
        let (engine, model) = (ENGINE.to_owned(), self.model.clone());
        self.read(photo, move |picture, descriptor| {
            let photo = preview(picture).map_err(|error| EngineError::Broken(error.into()))?.into();
            Ok(Portrait { template: FaceTemplate { engine, model, descriptor: descriptor.to_vec() }, photo })
        })
        .await
    }

    async fn compare(&self, photo: Bytes, enrolled: Option<&Enrolment>) -> Result<f64, VerifyError> {
        let template = enrolled.map(|enrolled| enrolled.template.clone());
        let is_other = template.as_ref().is_some_and(|template| !self.fits(template));
        self.read(photo, move |_, descriptor| match template {
            _ if is_other => Err(VerifyError::OtherTemplate),
            Some(template) => Ok(similarity(distance(&descriptor, &template.descriptor))),
            None => Ok(0.0),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_falls_with_distance() {
        for (distance, expected) in
            [(0.0, 100.0), (0.3, 92.5), (0.6, 85.0), (0.9, 42.5), (1.2, 0.0), (9.0, 0.0)]
        {
            assert!((similarity(distance) - expected).abs() < 1e-9, "{distance}");
        }
        let falling: Vec<f64> = (0..130).map(|step| similarity(f64::from(step) / 100.0)).collect();
        assert!(falling.windows(2).all(|pair| pair[1] < pair[0] || pair[0] == 0.0));
    }

    #[test]
    fn distance_is_euclidean() {
        assert!((distance(&[0.0, 3.0], &[4.0, 0.0]) - 5.0).abs() < 1e-9);
    }
}
