//! The port `FaceVerifier` on Rekognition: one CompareFaces per pair of photos.

use crate::clients::Clients;
use crate::error;
use crate::rekognition::{self, ENGINE};
use async_trait::async_trait;
use aws_sdk_rekognition::Client;
use aws_sdk_rekognition::operation::compare_faces::CompareFacesOutput;
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::Image;
use bytes::Bytes;
use domain::MadeBy;
use domain::ports::face_engine::EngineError;
use domain::ports::face_verifier::{self, Likeness};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The operation; Rekognition reports no model version for it.
const MODEL: &str = "CompareFaces";
/// Rekognition's usual threshold for one person, in percent.
const THRESHOLD: f64 = 85.0;
/// The code if the known photo or the probe shows no face.
const NO_FACE: &str = "InvalidParameterException";

#[derive(Clone)]
pub struct FaceVerifier {
    client: Client,
    permits: Arc<Semaphore>,
}

impl FaceVerifier {
    /// Each decoding holds a permit, which stands for one core and about 100 MB.
    pub fn new(clients: &Clients, permits: Arc<Semaphore>) -> Self {
        FaceVerifier { client: clients.rekognition.clone(), permits }
    }

    /// The photo in a form that Rekognition accepts.
    async fn image(&self, photo: Bytes) -> Result<Image, EngineError> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|closed| EngineError::Broken(closed.into()))?;
        let work = move || {
            // Held until the work is done, even if the caller has gone away.
            let _permit = permit;
            rekognition::prepare(photo)
        };
        let prepared = tokio::task::spawn_blocking(work).await;
        let (sent, _) = prepared.map_err(|panic| EngineError::Broken(panic.into()))??;
        Ok(Image::builder().bytes(Blob::new(sent)).build())
    }
}

fn refused(code: &'static str, detail: &str) -> EngineError {
    EngineError::Refused { code, detail: detail.to_owned() }
}

/// The similarity of the probe's only face, 0..100. Matches and unmatched faces together are the probe's faces.
fn similarity(answer: &CompareFacesOutput) -> Result<f64, EngineError> {
    let matches = answer.face_matches();
    match (matches.len() + answer.unmatched_faces().len(), matches.first()) {
        (0, _) => Err(refused("no_face", "the photo shows no face")),
        (1, None) => Ok(0.0),
        (1, Some(one)) => one
            .similarity()
            .filter(|similarity| similarity.is_finite())
            .map(|similarity| f64::from(similarity).clamp(0.0, 100.0))
            .ok_or_else(|| {
                EngineError::Broken("rekognition:CompareFaces: a match without a similarity".into())
            }),
        (_, _) => Err(refused("multiple_faces", "the photo shows more than one face")),
    }
}

#[async_trait]
impl face_verifier::FaceVerifier for FaceVerifier {
    async fn compare(&self, known: Bytes, probe: Bytes) -> Result<Likeness, EngineError> {
        let (source, target) = (self.image(known).await?, self.image(probe).await?);
        let asked = self.client.compare_faces().source_image(source).target_image(target);
        // Threshold 0: the answer has the similarity of every face, and only our own threshold decides.
        let asked = asked.similarity_threshold(0.0).send().await;
        let answer = asked.map_err(|error| match error::code(&error) {
            Some(NO_FACE) => refused("no_face", "a photo shows no face"),
            _ => rekognition::failure(MODEL, error),
        })?;
        let made_by = MadeBy { engine: ENGINE.to_owned(), model: MODEL.to_owned(), digest: None, seed: None };
        Ok(Likeness { similarity: similarity(&answer)?, threshold: THRESHOLD, made_by })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_rekognition::types::{CompareFacesMatch, ComparedFace};

    fn answer(matches: &[f32], unmatched: usize) -> CompareFacesOutput {
        let matched = |similarity: &f32| CompareFacesMatch::builder().similarity(*similarity).build();
        CompareFacesOutput::builder()
            .set_face_matches(Some(matches.iter().map(matched).collect()))
            .set_unmatched_faces(Some(vec![ComparedFace::builder().build(); unmatched]))
            .build()
    }

    #[test]
    fn the_only_face_has_a_similarity() {
        for (matches, unmatched, expected) in
            [(vec![99.5], 0, 99.5), (vec![3.25], 0, 3.25), (vec![], 1, 0.0), (vec![100.5], 0, 100.0)]
        {
            let found = similarity(&answer(&matches, unmatched)).unwrap();
            assert!((found - expected).abs() < 1e-5, "{found}");
        }
    }

    #[test]
    fn another_number_of_faces_is_refused() {
        for (matches, unmatched, expected) in [
            (vec![], 0, "no_face"),
            (vec![99.0], 1, "multiple_faces"),
            (vec![99.0, 2.0], 0, "multiple_faces"),
            (vec![], 2, "multiple_faces"),
        ] {
            let found = similarity(&answer(&matches, unmatched));
            assert!(matches!(found, Err(EngineError::Refused { code, .. }) if code == expected));
        }
        assert!(matches!(similarity(&answer(&[f32::NAN], 0)), Err(EngineError::Broken(_))));
    }
}
