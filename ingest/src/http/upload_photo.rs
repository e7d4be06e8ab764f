//! `POST /upload-image` and `POST /upload-photo`: a photo in the request itself.

use super::answer::{Answer, json, with};
use super::session::{Writer, owner};
use super::status_document::Facts;
use super::{Api, Shared, base64_photo, body, multipart_photo, photo, prefer, trace};
use crate::auth::Caller;
use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use domain::upload::Kind;
use domain::{ObjectKey, Upload};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) async fn post(State(api): Shared, Writer(caller): Writer, request: Request) -> Answer {
    let headers = request.headers().clone();
    let wait = prefer::wait(&api, &headers);
    let bytes = read(&api, &headers, request).await?;
    let stored =
        photo::store(&api.ports, owner(&caller), Kind::Photo, bytes, trace::parent(&headers)).await?;
    answer(&api, &caller, stored.upload(), wait).await
}

/// The photo of a multipart or JSON request. Other types: 415.
async fn read(api: &Api, headers: &HeaderMap, request: Request) -> Result<Bytes, Problem> {
    let limit = api.settings.max_inline_bytes;
    let expected = |most: u64| match body::announced(headers).unwrap_or(most) {
        expected if expected > most => Err(Problem::too_large(limit, body::USE_A_PRESIGNED_URL)),
        expected => Ok(expected),
    };
    match body::media_type(headers).as_deref() {
        Some("multipart/form-data") => {
            let room = api.budget.reserve(expected(multipart_photo::max_bytes(limit))?)?;
            Ok(room.hold(multipart_photo::read(request, limit).await?))
        }
        _ if body::is_json(headers) => {
            let most = expected(base64_photo::max_json(limit))?;
            // The JSON and the picture that comes out of it.
            let room = api.budget.reserve(2 * most)?;
            Ok(room.hold(base64_photo::read(request.into_body(), most, limit).await?))
        }
        _ => Err(Problem::unsupported(
            "unsupported_body",
            "send multipart/form-data with a field image, file or photo, or application/json with the picture in base64",
        )),
    }
}

/// 202 at once, or what came of it once it is done within the wait.
async fn answer(api: &Api, caller: &Caller, upload: Upload, wait: Option<Duration>) -> Answer {
    let upload = match wait {
        Some(_) => prefer::until_done(api, caller, upload.upload_id, wait).await?,
        None => upload,
    };
    let status_url = api.links.status(upload.upload_id);
    let body = body(api, &upload).await?;
    let response = match wait.is_some() && upload.status.is_done() {
        true => json(StatusCode::OK, &body),
        false => with(json(StatusCode::ACCEPTED, &body), header::RETRY_AFTER, "1"),
    };
    Ok(prefer::applied(with(response, header::LOCATION, &status_url), wait))
}

async fn body(api: &Api, upload: &Upload) -> Result<Value, Problem> {
    let (tenant, user, id) = (&upload.tenant_id, &upload.user_id, upload.upload_id);
    let stored = upload.object.as_ref().map(|object| object.key.clone());
    let key = stored.unwrap_or_else(|| ObjectKey::upload(tenant, user, id));
    Ok(json!({
        "upload_id": id,
        "image_url": api.links.to(&key).await?,
        "status_url": api.links.status(id),
        "state": upload.status,
        "emotion": Facts::of(upload).emotion,
    }))
}
