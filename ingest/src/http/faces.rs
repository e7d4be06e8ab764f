//! `GET /uploads/{id}/faces`.

use super::answer::{Answer, json};
use super::session::Reader;
use super::{Shared, owned};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use domain::{Affect, Face, Finding, Stage, Upload};
use serde_json::{Value, json};

pub(crate) async fn get(State(api): Shared, Reader(caller): Reader, Path(id): Path<String>) -> Answer {
    let upload = owned::by_path(&api, &caller, &id).await?;
    let faces = found(&api, &upload).await?;
    let model = upload.results.get(&Stage::FaceDetection).and_then(|result| result.made_by.as_ref());
    let faces: Vec<Value> =
        faces.iter().enumerate().map(|(number, face)| one(&upload, number, face)).collect();
    let (width, height) = size(&upload).unzip();
    let model = model.map(|model| json!({"name": model.model, "digest": model.digest}));
    let body = json!({
        "upload_id": upload.upload_id, "width": width, "height": height, "faces": faces, "model": model,
    });
    Ok(json(StatusCode::OK, &body))
}

/// Pixels of the upright picture, once it was looked at.
pub(crate) fn size(upload: &Upload) -> Option<(u32, u32)> {
    match upload.finding(Stage::FaceDetection) {
        Some(Finding::Faces { width, height, .. }) => Some((*width, *height)),
        _ => None,
    }
}

/// The faces that were found so far.
pub(crate) async fn found(api: &super::Api, upload: &Upload) -> Result<Vec<Face>, crate::problem::Problem> {
    let result = upload.results.get(&Stage::FaceDetection);
    let (Some(Finding::Faces { count, .. }), Some(result)) = (upload.finding(Stage::FaceDetection), result)
    else {
        return Ok(Vec::new());
    };
    Ok(api.ports.faces.get(upload.upload_id, result.attempt, *count).await?)
}

fn one(upload: &Upload, number: usize, face: &Face) -> Value {
    let attempt = upload.results.get(&Stage::FaceDetection).map_or(0, |result| result.attempt);
    let affect = Affect::new(face.emotions.clone());
    json!({
        "face_id": format!("{}.{attempt}.{number}", upload.upload_id),
        "box": face.bounding_box,
        "confidence": face.confidence,
        "landmarks": face.landmarks,
        "emotions": face.emotions,
        "emotion": affect.dominant(),
        "valence": affect.valence,
        "arousal": affect.arousal,
    })
}
