//! Faces: `GET /uploads/{id}/faces`, and `POST /detect-faces`, whose body is the picture and whose answer waits for them.

use super::access::{Reader, Writer, owned_by_path, owner};
use super::answer::{Answer, json, with};
use super::api::{Api, Shared};
use super::sentences::{Language, sentence};
use super::status_document::is_retryable;
use super::{body, photo, prefer, reception};
use crate::problem::Problem;
use crate::trace;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use domain::upload::Kind;
use domain::{Affect, Face, Finding, Outcome, Stage, Upload};
use serde_json::{Map, Value, json};

pub(crate) async fn get(
    State(api): Shared,
    Reader(caller): Reader,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let upload = owned_by_path(&api, &caller, &id).await?;
    check_looked_at(&upload, &headers)?;
    let faces = found(&api, &upload).await?;
    let model = upload.results.get(&Stage::FaceDetection).and_then(|result| result.made_by.as_ref());
    let faces: Vec<Value> =
        faces.iter().enumerate().map(|(number, face)| document(&upload, number, face)).collect();
    let (width, height) = size(&upload).unzip();
    let model = model.map(|model| json!({"name": model.model, "digest": model.digest}));
    let body = json!({
        "upload_id": upload.upload_id, "width": width, "height": height, "faces": faces, "model": model,
    });
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

/// The faces found so far.
async fn found(api: &Api, upload: &Upload) -> Result<Vec<Face>, Problem> {
    let result = upload.results.get(&Stage::FaceDetection);
    let (Some(Finding::Faces { count, .. }), Some(result)) = (upload.finding(Stage::FaceDetection), result)
    else {
        return Ok(Vec::new());
    };
    Ok(api.ports.faces.get(upload.upload_id, result.attempt, *count).await?)
}

fn document(upload: &Upload, number: usize, face: &Face) -> Value {
    let attempt = upload.results.get(&Stage::FaceDetection).map_or(0, |result| result.attempt);
    let affect = Affect::new(face.emotions.clone());
    let (tone, tone_confidence) = face.emotions.tone();
    let mut document = json!({
        "face_id": format!("{}.{attempt}.{number}", upload.upload_id),
        "box": face.bounding_box,
        "confidence": face.confidence,
        "landmarks": face.landmarks,
        "emotions": face.emotions,
        "emotion": affect.dominant(),
        "uncertain": face.emotions.is_uncertain(),
        "tone": tone,
        "tone_confidence": tone_confidence,
        "valence": affect.valence,
        "arousal": affect.arousal,
    });
    if let Some(raw) = &face.emotions_raw {
        document["emotions_raw"] = json!(raw);
    }
    document
}

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
            let body = json!({"image_id": id, "status_url": status_url});
            with(json(StatusCode::ACCEPTED, &body), header::RETRY_AFTER, "1")
        }
        size => {
            let found = found(&api, &upload).await?;
            let body = json!({"image_id": id, "faces": boxes(&found, size.unwrap_or_default())});
            json(StatusCode::OK, &body)
        }
    };
    Ok(prefer::applied(with(response, header::LOCATION, &status_url), preferred))
}

/// Boxes by number, in pixels of the upright picture: the shape that the seeds' clients read.
fn boxes(faces: &[Face], (width, height): (u32, u32)) -> Value {
    let pixel = |share: f64, size: u32| (share.clamp(0.0, 1.0) * f64::from(size)).round() as u32;
    let corners = |face: &Face| {
        let found = face.bounding_box;
        json!({
            "x1": pixel(found.left, width),
            "y1": pixel(found.top, height),
            "x2": pixel(found.left + found.width, width),
            "y2": pixel(found.top + found.height, height),
        })
    };
    let numbered: Map<String, Value> =
        faces.iter().enumerate().map(|(number, face)| (number.to_string(), corners(face))).collect();
    Value::Object(numbered)
}
