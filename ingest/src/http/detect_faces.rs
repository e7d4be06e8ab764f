//! `POST /detect-faces`: the request's body is the picture; the answer waits for its faces.

use super::answer::{Answer, json, with};
use super::faces;
use super::session::{Writer, owner};
use super::{Shared, body, photo, prefer, trace};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use domain::Face;
use domain::upload::Kind;
use serde_json::{Map, Value, json};

pub(crate) async fn post(
    State(api): Shared,
    Writer(caller): Writer,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let limit = api.settings.max_inline_bytes;
    let most = body::announced(&headers).unwrap_or(limit);
    if most > limit {
        return Err(Problem::too_large(limit, body::USE_A_PRESIGNED_URL));
    }
    let room = api.budget.reserve(most)?;
    let bytes = room.hold(body::read(body, most, body::USE_A_PRESIGNED_URL).await?);
    let stored =
        photo::store(&api.ports, owner(&caller), Kind::Faces, bytes, trace::parent(&headers)).await?;
    // Its contract is synchronous: it waits without being asked to.
    let asked = prefer::wait(&api, &headers);
    let wait = Some(asked.unwrap_or(api.settings.max_wait));
    let upload = prefer::until_done(&api, &caller, stored.upload().upload_id, wait).await?;
    let id = upload.upload_id;
    let status_url = api.links.status(id);
    let response = match faces::size(&upload) {
        None if !upload.status.is_done() => {
            let body = json!({"image_id": id, "status_url": status_url});
            with(json(StatusCode::ACCEPTED, &body), header::RETRY_AFTER, "1")
        }
        size => {
            let found = faces::found(&api, &upload).await?;
            let body = json!({"image_id": id, "faces": boxes(&found, size.unwrap_or_default())});
            json(StatusCode::OK, &body)
        }
    };
    Ok(prefer::applied(with(response, header::LOCATION, &status_url), asked))
}

/// By number, in pixels of the upright picture, as the face detector's clients know it.
fn boxes(faces: &[Face], (width, height): (u32, u32)) -> Value {
    let pixel = |share: f64, size: u32| (share.clamp(0.0, 1.0) * f64::from(size)).round() as u32;
    let one = |face: &Face| {
        let found = face.bounding_box;
        json!({
            "x1": pixel(found.left, width),
            "y1": pixel(found.top, height),
            "x2": pixel(found.left + found.width, width),
            "y2": pixel(found.top + found.height, height),
        })
    };
    let numbered: Map<String, Value> =
        faces.iter().enumerate().map(|(number, face)| (number.to_string(), one(face))).collect();
    Value::Object(numbered)
}
