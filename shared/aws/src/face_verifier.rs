//! The port `FaceVerifier` on Rekognition: CompareFaces with the enrolled photo. Each comparison is charged, as is one
//! without an enrolment, which compares the photo with itself.

use crate::clients::Clients;
use crate::rekognition::{self, ENGINE};
use async_trait::async_trait;
use aws_sdk_rekognition::Client;
use aws_sdk_rekognition::operation::compare_faces::{CompareFacesError, CompareFacesOutput};
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::Image;
use bytes::Bytes;
use domain::enrolment::FaceTemplate;
use domain::ports::face_engine::EngineError;
use domain::ports::face_verifier::{self, Portrait, VerifyError};
use domain::ports::{Objects, PortErrorKind};
use domain::{Bucket, Enrolment};
use std::sync::Arc;
use tokio::sync::Semaphore;
use vision::Lanes;

/// The operation; Rekognition reports no model version for it.
const MODEL: &str = "CompareFaces";
/// Stricter than Rekognition's own default, 80.
const THRESHOLD: f64 = 85.0;

#[derive(Clone)]
pub struct FaceVerifier {
    client: Client,
    objects: Arc<dyn Objects>,
    lanes: Lanes,
}

impl FaceVerifier {
    /// Reads enrolled photos from `objects`. Each decoding holds a permit, which stands for one core and about 100 MB.
    pub fn new(clients: &Clients, objects: Arc<dyn Objects>, permits: Arc<Semaphore>) -> Self {
        FaceVerifier { client: clients.rekognition.clone(), objects, lanes: Lanes::new(permits) }
    }

    /// The photo as it is stored and sent: small, upright, without metadata.
    async fn prepare(&self, photo: Bytes) -> Result<Bytes, VerifyError> {
        let lane = self.lanes.enter().await?;
        let work = move || {
            // Held until the work is done, even if the caller has gone away.
            let _lane = lane;
            rekognition::portrait(&photo).map_err(VerifyError::from)
        };
        tokio::task::spawn_blocking(work).await.map_err(|panic| EngineError::Broken(panic.into()))?
    }

    /// The similarity of the probe's one face to the largest face of the source.
    async fn ask(&self, source: Bytes, probe: Bytes) -> Result<f64, VerifyError> {
        let image = |bytes| Image::builder().bytes(Blob::new(bytes)).build();
        let asked = self.client.compare_faces().source_image(image(source)).target_image(image(probe));
        match asked.similarity_threshold(0.0).send().await {
            Ok(answer) => similarity(&answer),
            // Of a source without a face; ours had one when it was enrolled, and the probe may be its own source.
            Err(error) if is_no_face(error.as_service_error()) => Err(VerifyError::NoFace),
            Err(error) => Err(rekognition::failure(MODEL, error).into()),
        }
    }

    /// The enrolled photo. Errors: another engine made the enrolment, or the photo is missing.
    async fn enrolled_photo(&self, enrolled: &Enrolment) -> Result<Bytes, VerifyError> {
        let FaceTemplate { engine, model, .. } = &enrolled.template;
        if (engine.as_str(), model.as_str()) != (ENGINE, MODEL) {
            return Err(VerifyError::OtherTemplate);
        }
        match self.objects.get(Bucket::UsersPhotos, &enrolled.photo, None, None).await {
            Ok((_, photo)) => Ok(photo),
            Err(error) if error.kind == PortErrorKind::NotFound => Err(VerifyError::OtherTemplate),
            Err(error) => Err(EngineError::Broken(error.into()).into()),
        }
    }
}

fn is_no_face(error: Option<&CompareFacesError>) -> bool {
    matches!(error, Some(CompareFacesError::InvalidParameterException(_)))
}

/// Matches and faces that do not match are all faces of the probe. Errors: there is not exactly one.
fn similarity(answer: &CompareFacesOutput) -> Result<f64, VerifyError> {
    match (answer.face_matches(), answer.unmatched_faces()) {
        ([], []) => Err(VerifyError::NoFace),
        ([matched], []) => Ok(f64::from(matched.similarity().unwrap_or(0.0)).clamp(0.0, 100.0)),
        ([], [_]) => Ok(0.0),
        _ => Err(VerifyError::MultipleFaces),
    }
}

#[async_trait]
impl face_verifier::FaceVerifier for FaceVerifier {
    fn model(&self) -> &str {
        "rekognition CompareFaces"
    }

    fn threshold(&self) -> f64 {
        THRESHOLD
    }

    async fn portray(&self, photo: Bytes) -> Result<Portrait, VerifyError> {
        let photo = self.prepare(photo).await?;
        self.ask(photo.clone(), photo.clone()).await?;
        let template =
            FaceTemplate { engine: ENGINE.to_owned(), model: MODEL.to_owned(), descriptor: Vec::new() };
        Ok(Portrait { template, photo })
    }

    async fn compare(&self, photo: Bytes, enrolled: Option<&Enrolment>) -> Result<f64, VerifyError> {
        let photo = self.prepare(photo).await?;
        let source = match enrolled {
            Some(enrolled) => self.enrolled_photo(enrolled).await,
            None => Ok(photo.clone()),
        };
        let is_enrolled = enrolled.is_some() && source.is_ok();
        // Asked in any case, so that the errors of the photo come first.
        let found = self.ask(source.as_ref().unwrap_or(&photo).clone(), photo.clone()).await?;
        source.map(|_| if is_enrolled { found } else { 0.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_rekognition::types::{CompareFacesMatch, ComparedFace};

    fn answer(matched: &[f32], unmatched: usize) -> CompareFacesOutput {
        let matches = matched.iter().map(|share| CompareFacesMatch::builder().similarity(*share).build());
        let others = (0..unmatched).map(|_| ComparedFace::builder().build());
        CompareFacesOutput::builder()
            .set_face_matches(Some(matches.collect()))
            .set_unmatched_faces(Some(others.collect()))
            .build()
    }

    #[test]
    fn exactly_one_face_is_compared() {
        assert_eq!(similarity(&answer(&[99.5], 0)).unwrap(), 99.5);
        assert_eq!(similarity(&answer(&[], 1)).unwrap(), 0.0);
        assert!(matches!(similarity(&answer(&[], 0)), Err(VerifyError::NoFace)));
        for several in [answer(&[99.0], 1), answer(&[], 2), answer(&[99.0, 98.0], 0)] {
            assert!(matches!(similarity(&several), Err(VerifyError::MultipleFaces)));
        }
    }
}
