//! Faces: `GET /uploads/{id}/faces`, and `POST /detect-faces`, whose body is the picture and whose answer waits for them.

use super::access::{Reader, Writer, owned_by_path, owner};
use super::answer::{Answer, json, with};
use super::api::Shared;
use super::sentences::{Language, sentence};
use super::status_document::is_retryable;
use super::words::{EmotionName, Link, ToneName, Uuid};
use super::{body, photo, prefer, reception};
use crate::problem::Problem;
use crate::trace;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use domain::ports::PortError;
use domain::upload::Kind;
use domain::{
    Affect, BoundingBox, Distribution, Emotion, Face, Finding, Outcome, Ports, Stage, Tone, Upload, UploadId,
};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The faces of a photo, relative to the upright picture.
#[derive(Serialize, ToSchema)]
pub(crate) struct FacesDocument {
    faces: Vec<FaceDocument>,
    /// Of the upright picture in pixels; null before face detection.
    height: Option<u32>,
    model: Option<ModelDocument>,
    #[schema(value_type = Uuid)]
    upload_id: UploadId,
    /// Of the upright picture in pixels; null before face detection.
    width: Option<u32>,
}

/// The model that found the faces.
#[derive(Serialize, ToSchema)]
pub(crate) struct ModelDocument {
    digest: Option<String>,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct FaceDocument {
    /// -1 (calm) to 1 (excited).
    arousal: f64,
    #[schema(value_type = Rectangle)]
    r#box: BoundingBox,
    /// The engine's confidence that it is a face, 0 to 1.
    confidence: f64,
    #[schema(value_type = EmotionName)]
    emotion: Emotion,
    /// Probabilities by emotion, together 1.
    #[schema(value_type = BTreeMap<String, f64>)]
    emotions: Distribution,
    /// The engine's own probabilities before calibration, if it calibrates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, f64>, required = false)]
    emotions_raw: Option<Distribution>,
    face_id: String,
    /// Points as [x, y], each 0 to 1 of the upright picture.
    landmarks: Vec<[f64; 2]>,
    #[schema(value_type = ToneName)]
    tone: Tone,
    /// The probability of the tone, 0 to 1.
    tone_confidence: f64,
    /// Whether the emotion is doubtful; the tone is right more often.
    uncertain: bool,
    /// -1 (unpleasant) to 1 (pleasant).
    valence: f64,
}

/// Each number is a share of the upright picture's width or height.
#[derive(ToSchema)]
#[schema(as = BoundingBox)]
#[expect(dead_code, reason = "describes the domain's record")]
struct Rectangle {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// Corners of a face in pixels of the upright picture.
#[derive(Serialize, ToSchema)]
pub(crate) struct Corners {
    x1: u32,
    x2: u32,
    y1: u32,
    y2: u32,
}

/// The faces by number, from "0".
#[derive(Serialize, ToSchema)]
pub(crate) struct DetectedFaces {
    faces: BTreeMap<String, Corners>,
    #[schema(value_type = Uuid)]
    image_id: UploadId,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DetectionAccepted {
    #[schema(value_type = Uuid)]
    image_id: UploadId,
    #[schema(value_type = Link)]
    status_url: String,
}

/// Get the faces of a photo.
#[utoipa::path(
    get, path = "/uploads/{id}/faces", operation_id = "get_faces", tag = "uploads",
    params(("id" = Uuid, Path, description = "The upload")),
    responses((status = 200, description = "Faces, relative to the upright picture", body = FacesDocument)),
    security(("bearer" = [])),
    extensions(("x-problems" = json!(["404 not_found", "415 unsupported_type", "415 heic_unsupported", "422 image_too_large", "422 animated_image", "422 undecodable_image", "422 wrong_length", "422 wrong_checksum", "422 photo_missing", "503 no_answer", "503 deadline", "503 retries_exhausted", "503 dead_lettered", "503 execution_aborted", "503 execution_failed", "503 execution_timed_out"]))),
)]
pub(crate) async fn get(
    State(api): Shared,
    Reader(caller): Reader,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let upload = owned_by_path(&api, &caller, &id).await?;
    check_looked_at(&upload, &headers)?;
    let faces = found(&api.ports, &upload).await?.unwrap_or_default();
    let model = upload.results.get(&Stage::FaceDetection).and_then(|result| result.made_by.as_ref());
    let faces = faces.iter().enumerate().map(|(number, face)| document(&upload, number, face)).collect();
    let (width, height) = size(&upload).unzip();
    let model = model.map(|model| ModelDocument { digest: model.digest.clone(), name: model.model.clone() });
    let body = FacesDocument { faces, height, model, upload_id: upload.upload_id, width };
    Ok(json(StatusCode::OK, &body))
}

/// A photo that could not be looked at is not one without faces. Errors: 415 or 422 with the code if the photo is the
/// cause, 503 if a replay may succeed.
fn check_looked_at(upload: &Upload, headers: &HeaderMap) -> Result<(), Problem> {
    let failed = upload.results.get(&Stage::FaceDetection).and_then(|result| match &result.outcome {
        Outcome::Failed { code } => Some(code),
        _ => None,
    });
    let Some(code) = upload.refused.as_ref().or(failed).map(|code| code.as_str()) else { return Ok(()) };
    let detail = sentence(code, Language::of(headers));
    Err(match code {
        "unsupported_type" | "heic_unsupported" => Problem::unsupported(code, detail),
        _ if is_retryable(code) => Problem::busy(code, &detail),
        _ => Problem::unprocessable(code, detail),
    })
}

/// Pixels of the upright picture, once face detection has succeeded.
fn size(upload: &Upload) -> Option<(u32, u32)> {
    match upload.finding(Stage::FaceDetection) {
        Some(Finding::Faces { width, height, .. }) => Some((*width, *height)),
        _ => None,
    }
}

/// The faces of an upload; None before they were looked for.
pub(crate) async fn found(ports: &Ports, upload: &Upload) -> Result<Option<Vec<Face>>, PortError> {
    let result = upload.results.get(&Stage::FaceDetection);
    let (Some(Finding::Faces { count, .. }), Some(result)) = (upload.finding(Stage::FaceDetection), result)
    else {
        return Ok(None);
    };
    ports.faces.get(upload.upload_id, result.attempt, *count).await.map(Some)
}

fn document(upload: &Upload, number: usize, face: &Face) -> FaceDocument {
    let attempt = upload.results.get(&Stage::FaceDetection).map_or(0, |result| result.attempt);
    let affect = Affect::new(face.emotions.clone());
    let (tone, tone_confidence) = face.emotions.tone();
    FaceDocument {
        arousal: affect.arousal,
        r#box: face.bounding_box,
        confidence: face.confidence,
        emotion: affect.dominant(),
        emotions: face.emotions.clone(),
        emotions_raw: face.emotions_raw.clone(),
        face_id: format!("{}.{attempt}.{number}", upload.upload_id),
        landmarks: face.landmarks.clone(),
        tone,
        tone_confidence,
        uncertain: face.emotions.is_uncertain(),
        valence: affect.valence,
    }
}

/// Find the faces of a picture.
///
/// Waits without being asked to; `Prefer: wait=0` does not.
#[utoipa::path(
    post, path = "/detect-faces", operation_id = "detect_faces", tag = "photos in a request",
    request_body(content((Vec<u8> = "image/*"))),
    responses(
        (status = 200, description = "The faces", body = DetectedFaces),
        (status = 202, description = "Accepted, with its status URL", body = DetectionAccepted),
    ),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Prefer"])),
        ("x-gives" = json!(["200 Location", "200 Preference-Applied", "202 Location", "202 Preference-Applied", "202 Retry-After"])),
        ("x-problems" = json!(["415 unsupported_type", "415 heic_unsupported", "422 empty_photo", "422 image_too_large", "422 animated_image", "422 undecodable_image", "429 too_many_declared_bytes", "429 too_many_open_uploads", "503 no_answer", "503 deadline", "503 retries_exhausted", "503 dead_lettered", "503 execution_aborted", "503 execution_failed", "503 execution_timed_out", "507 quota_exceeded"])),
    ),
)]
pub(crate) async fn detect(
    State(api): Shared,
    Writer(caller, _place): Writer,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let (limit, owner) = (api.settings.max_inline_bytes, owner(&caller));
    if body::announced(&headers).is_some_and(|length| length > limit) {
        return Err(Problem::too_large(limit, body::USE_A_PRESIGNED_URL));
    }
    let content = reception::whole(&api, &owner, body, limit, body::USE_A_PRESIGNED_URL).await?;
    let stored = photo::receive(&api, owner, Kind::Faces, (content, None), trace::parent(&headers)).await?;
    // The seeds' contract is synchronous: it waits without being asked to.
    let preferred = prefer::wait(&api, &headers);
    let wait = Some(preferred.unwrap_or(api.settings.max_wait));
    let upload = prefer::until_done(&api, &caller, stored.upload().upload_id, wait).await?;
    check_looked_at(&upload, &headers)?;
    let id = upload.upload_id;
    let status_url = api.links.status(id);
    let response = match size(&upload) {
        None if !upload.status.is_done() => {
            let body = DetectionAccepted { image_id: id, status_url: status_url.clone() };
            with(json(StatusCode::ACCEPTED, &body), header::RETRY_AFTER, "1")
        }
        size => {
            let found = found(&api.ports, &upload).await?.unwrap_or_default();
            let body = DetectedFaces { faces: boxes(&found, size.unwrap_or_default()), image_id: id };
            json(StatusCode::OK, &body)
        }
    };
    Ok(prefer::applied(with(response, header::LOCATION, &status_url), preferred))
}

/// Boxes by number, in pixels of the upright picture: the shape that the seeds' clients read.
fn boxes(faces: &[Face], (width, height): (u32, u32)) -> BTreeMap<String, Corners> {
    let pixel = |share: f64, size: u32| (share.clamp(0.0, 1.0) * f64::from(size)).round() as u32;
    let corners = |face: &Face| {
        let found = face.bounding_box;
        Corners {
            x1: pixel(found.left, width),
            x2: pixel(found.left + found.width, width),
            y1: pixel(found.top, height),
            y2: pixel(found.top + found.height, height),
        }
    };
    faces.iter().enumerate().map(|(number, face)| (number.to_string(), corners(face))).collect()
}
