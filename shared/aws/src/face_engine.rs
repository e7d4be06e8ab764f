//! The port `FaceEngine` on Rekognition: one DetectFaces per photo, which returns faces and emotions.
//!
//! A plain JPEG within Rekognition's limits is sent unchanged; Rekognition applies its EXIF orientation, as our decoder does.
//! Every other photo is decoded and sent as an upright JPEG without EXIF. So the coordinates in the answer always refer to the
//! upright picture.

use crate::clients::Clients;
use crate::rekognition::{self, ENGINE};
use async_trait::async_trait;
use aws_sdk_rekognition::Client;
use aws_sdk_rekognition::operation::detect_faces::DetectFacesOutput;
use aws_sdk_rekognition::primitives::Blob;
use aws_sdk_rekognition::types::{Attribute, FaceDetail, Image, LandmarkType};
use bytes::Bytes;
use domain::ports::face_engine::{self, Detection, EngineError};
use domain::{BoundingBox, Distribution, Emotion, Face, MadeBy};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The operation; Rekognition reports no model version for it.
pub const MODEL: &str = "DetectFaces";

#[derive(Clone)]
pub struct FaceEngine {
    client: Client,
    permits: Arc<Semaphore>,
}

struct Prepared {
    sent: Bytes,
    width: u32,
    height: u32,
    preview: Bytes,
}

impl FaceEngine {
    /// Each decoding holds a permit, which stands for one core and about 100 MB.
    pub fn new(clients: &Clients, permits: Arc<Semaphore>) -> Self {
        FaceEngine { client: clients.rekognition.clone(), permits }
    }

    async fn prepare(&self, photo: Bytes) -> Result<Prepared, EngineError> {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.map_err(|closed| EngineError::Broken(closed.into()))?;
        let work = move || {
            // Held until the work is done, even if the caller has gone away.
            let _permit = permit;
            let (sent, picture) = rekognition::prepare(photo)?;
            let (width, height) = picture.original();
            let preview = vision::preview(&picture).map_err(|error| EngineError::Broken(error.into()))?;
            Ok(Prepared { sent, width, height, preview: preview.into() })
        };
        tokio::task::spawn_blocking(work).await.map_err(|panic| EngineError::Broken(panic.into()))?
    }
}

/// Most confident first. Errors: the answer is not as documented.
fn faces(answer: &DetectFacesOutput) -> Result<Vec<Face>, EngineError> {
    let mut faces = answer.face_details().iter().map(face).collect::<Result<Vec<_>, _>>()?;
    faces.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
    Ok(faces)
}

fn face(detail: &FaceDetail) -> Result<Face, EngineError> {
    let missing =
        |what: &str| EngineError::Broken(format!("rekognition:DetectFaces: a face without {what}").into());
    let told = detail.bounding_box().ok_or_else(|| missing("a box"))?;
    let edges = [told.left(), told.top(), told.width(), told.height()];
    let [Some(left), Some(top), Some(width), Some(height)] = edges else {
        return Err(missing("a whole box"));
    };
    // A box may extend beyond the picture.
    let (right, bottom) = (share(left + width), share(top + height));
    let (left, top) = (share(left), share(top));
    Ok(Face {
        bounding_box: BoundingBox { left, top, width: right - left, height: bottom - top },
        confidence: percent(detail.confidence()).ok_or_else(|| missing("a confidence"))?,
        landmarks: landmarks(detail),
        emotions: emotions(detail),
        emotions_raw: None,
    })
}

fn share(value: f32) -> f64 {
    f64::from(value).clamp(0.0, 1.0)
}

/// A percentage, scaled to 0..1.
fn percent(value: Option<f32>) -> Option<f64> {
    value.filter(|value| value.is_finite()).map(|value| (f64::from(value) / 100.0).clamp(0.0, 1.0))
}

/// In the order in which Rekognition documents them.
fn landmarks(detail: &FaceDetail) -> Vec<[f64; 2]> {
    let place = |kind: &LandmarkType| LandmarkType::values().iter().position(|name| *name == kind.as_str());
    let mut points: Vec<(usize, [f64; 2])> = detail
        .landmarks()
        .iter()
        .filter_map(|point| Some((place(point.r#type()?)?, [share(point.x()?), share(point.y()?)])))
        .collect();
    points.sort_by_key(|(place, _)| *place);
    points.into_iter().map(|(_, point)| point).collect()
}

/// Rekognition's confidences are percentages that need not sum to 100; each is divided by their sum. A face without any
/// of them, or with zeros alone, is UNKNOWN.
fn emotions(detail: &FaceDetail) -> Distribution {
    let told = detail.emotions().iter().filter_map(|emotion| {
        let name = serde_json::Value::from(emotion.r#type()?.as_str());
        let known: Emotion = serde_json::from_value(name).ok()?;
        Some((known, percent(emotion.confidence())?))
    });
    let shares: BTreeMap<Emotion, f64> = told.collect();
    let sum: f64 = shares.values().sum();
    let shares = shares.into_iter().map(|(emotion, share)| (emotion, share / sum)).collect();
    Distribution::parse(shares).unwrap_or_else(|_| Distribution::certain(Emotion::Unknown))
}

#[async_trait]
impl face_engine::FaceEngine for FaceEngine {
    async fn detect(&self, photo: Bytes) -> Result<Detection, EngineError> {
        let Prepared { sent, width, height, preview } = self.prepare(photo).await?;
        let image = Image::builder().bytes(Blob::new(sent)).build();
        let asked = self.client.detect_faces().image(image).attributes(Attribute::All).send().await;
        let faces = faces(&asked.map_err(|error| rekognition::failure(MODEL, error))?)?;
        let made_by = MadeBy { engine: ENGINE.to_owned(), model: MODEL.to_owned(), digest: None, seed: None };
        Ok(Detection { width, height, faces, made_by, preview })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_rekognition::types::{BoundingBox as Told, Emotion as Feeling, EmotionName, Landmark};

    fn detail(confidence: f32, emotions: &[(EmotionName, f32)]) -> FaceDetail {
        let told = Told::builder().left(-0.1).top(0.5).width(0.4).height(0.7).build();
        let point = |kind, x| Landmark::builder().r#type(kind).x(x).y(0.5).build();
        let feeling = |(name, share): &(EmotionName, f32)| {
            Feeling::builder().r#type(name.clone()).confidence(*share).build()
        };
        FaceDetail::builder()
            .bounding_box(told)
            .confidence(confidence)
            .landmarks(point(LandmarkType::Nose, 0.25))
            .landmarks(point(LandmarkType::EyeLeft, 1.5))
            .set_emotions(Some(emotions.iter().map(feeling).collect()))
            .build()
    }

    #[test]
    fn faces_are_relative_and_within_the_picture() {
        let answer = DetectFacesOutput::builder()
            .face_details(detail(90.0, &[(EmotionName::Happy, 75.0), (EmotionName::Calm, 25.0)]))
            .face_details(detail(99.5, &[]))
            .build();
        let faces = faces(&answer).unwrap();
        assert_eq!(faces.iter().map(|face| face.confidence).collect::<Vec<_>>(), [0.995, 0.9]);
        let seen = &faces[1].bounding_box;
        assert_eq!((seen.left, seen.top, seen.top + seen.height), (0.0, 0.5, 1.0));
        assert!((seen.width - 0.3).abs() < 1e-6);
        let [eye, nose] = faces[1].landmarks[..] else { panic!("two points") };
        assert_eq!((eye, nose), ([1.0, 0.5], [0.25, 0.5]), "in the order of the list");
        assert_eq!(faces[1].emotions.dominant(), (Emotion::Happy, 0.75));
        assert_eq!(faces[0].emotions.dominant(), (Emotion::Unknown, 1.0));
    }

    #[test]
    fn shares_that_do_not_sum_to_one_are_made_to() {
        for (told, dominant) in [
            (vec![(EmotionName::Sad, 99.0), (EmotionName::Fear, 33.0)], (Emotion::Sad, 0.75)),
            (vec![(EmotionName::Sad, 0.3), (EmotionName::Fear, 0.1)], (Emotion::Sad, 0.75)),
            (vec![(EmotionName::Sad, 0.0)], (Emotion::Unknown, 1.0)),
            (vec![(EmotionName::Sad, f32::NAN)], (Emotion::Unknown, 1.0)),
            (vec![(EmotionName::from("JOLLY"), 50.0)], (Emotion::Unknown, 1.0)),
        ] {
            let (emotion, share) = emotions(&detail(99.0, &told)).dominant();
            assert_eq!((emotion, (share * 1e4).round() / 1e4), dominant, "{told:?}");
        }
    }

    #[test]
    fn half_a_face_is_no_answer() {
        let answer = DetectFacesOutput::builder().face_details(FaceDetail::builder().build()).build();
        assert!(matches!(faces(&answer), Err(EngineError::Broken(_))));
    }
}
