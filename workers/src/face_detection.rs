//! Stage face-detection: each face of the photo, and the preview that the gallery shows.

use crate::stage_worker::{StageWorker, Work};
use async_trait::async_trait;
use domain::face::MAX_FACES;
use domain::ports::face_engine::{Detection, EngineError};
use domain::ports::objects::NewObject;
use domain::ports::{FaceEngine, Objects, PortErrorKind};
use domain::{Bucket, Code, Finding, ObjectKey, Outcome, Stage, StageEnd, StageOutput, Upload};
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct FaceDetection {
    objects: Arc<dyn Objects>,
    engine: Arc<dyn FaceEngine>,
}

impl FaceDetection {
    pub fn new(objects: Arc<dyn Objects>, engine: Arc<dyn FaceEngine>) -> Self {
        FaceDetection { objects, engine }
    }
}

/// Landmarks are kept to 1/100,000 of a picture's side: a twentieth of a pixel of a large photo. Unrounded they take twice
/// the room, and on AWS twice the write units.
const LANDMARK_STEPS: f64 = 1e5;

fn rounded(coordinate: f64) -> f64 {
    (coordinate * LANDMARK_STEPS).round() / LANDMARK_STEPS
}

fn output(upload: &Upload, mut detection: Detection) -> StageOutput {
    let truncated = detection.faces.len() > MAX_FACES;
    detection.faces.truncate(MAX_FACES);
    for coordinate in detection.faces.iter_mut().flat_map(|face| &mut face.landmarks).flatten() {
        *coordinate = rounded(*coordinate);
    }
    let count = u32::try_from(detection.faces.len()).unwrap_or(u32::MAX);
    let preview =
        NewObject { bytes: detection.preview, content_type: "image/jpeg".into(), metadata: BTreeMap::new() };
    StageOutput {
        outcome: if count == 0 { Outcome::NoFace } else { Outcome::Succeeded },
        made_by: Some(detection.made_by),
        finding: Some(Finding::Faces { width: detection.width, height: detection.height, count, truncated }),
        faces: detection.faces,
        objects: vec![(ObjectKey::preview(&upload.tenant_id, upload.upload_id), preview)],
    }
}

fn photo_missing(detail: &str) -> StageEnd {
    StageEnd::Reject { code: Code::fixed("photo_missing"), detail: detail.into() }
}

#[async_trait]
impl StageWorker for FaceDetection {
    fn stage(&self) -> Stage {
        Stage::FaceDetection
    }

    async fn run(&self, work: Work<'_>) -> StageEnd {
        let Some(object) = &work.upload.object else {
            return photo_missing("no object was accepted");
        };
        let photo = match self.objects.get(Bucket::Media, &object.key, Some(&object.etag), None).await {
            Ok((_, photo)) => photo,
            Err(error) if matches!(error.kind, PortErrorKind::NotFound | PortErrorKind::Conflict) => {
                return photo_missing("the accepted object does not exist any more");
            }
            Err(error) => return StageEnd::Retry(error.into()),
        };
        match self.engine.detect(photo).await {
            Ok(detection) => StageEnd::Done(Box::new(output(work.upload, detection))),
            Err(EngineError::Refused { code, detail }) => {
                StageEnd::Reject { code: Code::fixed(code), detail }
            }
            Err(EngineError::Busy { after }) => StageEnd::Later { after, job: None },
            Err(EngineError::Broken(cause)) => StageEnd::Retry(cause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coordinate_is_kept_to_five_decimals() {
        for (seen, kept) in [(0.123_456_789, "0.12346"), (0.000_004, "0"), (0.999_999_9, "1"), (0.25, "0.25")]
        {
            assert_eq!(rounded(seen).to_string(), kept);
        }
    }
}
