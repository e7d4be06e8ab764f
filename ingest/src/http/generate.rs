//! `/generate-image` and `/generate-melody`, from a given emotion or of an upload.

use super::access::{Writer, owned_by_path, owner};
use super::answer::{Answer, json, with};
use super::api::{Api, Shared};
use super::{body, prefer};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::trace;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use domain::ports::uploads::Created;
use domain::{Begin, Emotion, ObjectKey, Stage, Upload, UploadId};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

#[derive(Default, Deserialize)]
pub(crate) struct GenerateRequest {
    emotion: Option<String>,
    upload_id: Option<String>,
}

type GenerateQuery = Result<Query<GenerateRequest>, QueryRejection>;

pub(crate) async fn image(
    State(api): Shared,
    Writer(caller, _place): Writer,
    method: Method,
    headers: HeaderMap,
    query: GenerateQuery,
    body: Body,
) -> Answer {
    let request = read(&method, &headers, query, body).await?;
    answer(&api, &caller, &headers, request, Stage::ImageGeneration).await
}

pub(crate) async fn melody(
    State(api): Shared,
    Writer(caller, _place): Writer,
    method: Method,
    headers: HeaderMap,
    query: GenerateQuery,
    body: Body,
) -> Answer {
    let request = read(&method, &headers, query, body).await?;
    answer(&api, &caller, &headers, request, Stage::MelodyGeneration).await
}

/// From the query, or from the body of a POST without one.
async fn read(
    method: &Method,
    headers: &HeaderMap,
    query: GenerateQuery,
    body: Body,
) -> Result<GenerateRequest, Problem> {
    let Query(request) = query.map_err(|error| Problem::malformed("bad_query", error.body_text()))?;
    if *method == Method::POST && request.emotion.is_none() && request.upload_id.is_none() {
        return body::json(headers, body, body::MAX_JSON).await;
    }
    Ok(request)
}

async fn answer(
    api: &Api,
    caller: &Caller,
    headers: &HeaderMap,
    request: GenerateRequest,
    generator: Stage,
) -> Answer {
    let upload = match (request.emotion, request.upload_id) {
        (Some(emotion), None) => {
            let emotion =
                Emotion::parse(&emotion).map_err(|_| Problem::malformed("bad_emotion", body::EMOTIONS))?;
            order(api, caller, emotion, generator, trace::parent(headers)).await?
        }
        (None, Some(id)) => owned_by_path(api, caller, &id).await?,
        _ => return Err(Problem::malformed("bad_order", "name either an emotion or an upload_id")),
    };
    let wait = prefer::wait(api, headers);
    let upload = match wait {
        Some(_) => prefer::until_done(api, caller, upload.upload_id, wait).await?,
        None => upload,
    };
    let status_url = api.links.status(upload.upload_id);
    let response = match upload.made_at(generator).filter(|_| wait.is_some()) {
        Some(attempt) => json(StatusCode::OK, &made(api, &upload, generator, attempt).await?),
        None if upload.status.is_done() && upload.made_at(generator).is_none() => {
            return Err(Problem::conflict("not_generated", "the upload has ended without it; replay it"));
        }
        None => {
            let body = json!({"upload_id": upload.upload_id, "status_url": status_url});
            with(json(StatusCode::ACCEPTED, &body), header::RETRY_AFTER, "1")
        }
    };
    Ok(prefer::applied(with(response, header::LOCATION, &status_url), wait))
}

async fn made(
    api: &Api,
    upload: &Upload,
    generator: Stage,
    attempt: u32,
) -> Result<serde_json::Value, Problem> {
    let (tenant, id) = (&upload.tenant_id, upload.upload_id);
    let (name, key) = match generator {
        Stage::MelodyGeneration => ("melody_url", ObjectKey::melody(tenant, id, attempt)),
        _ => ("generated_image_url", ObjectKey::picture(tenant, id, attempt)),
    };
    Ok(json!({"upload_id": id, "status_url": api.links.status(id), name: api.links.to(&key).await?}))
}

/// Writes the prompt's record, then orders intake to start its attempt.
async fn order(
    api: &Api,
    caller: &Caller,
    emotion: Emotion,
    generator: Stage,
    traceparent: Option<String>,
) -> Result<Upload, Problem> {
    let begun_by = Uuid::now_v7();
    let id = UploadId::new(Uuid::now_v7());
    let mut upload = Upload::prompt(owner(caller), id, emotion, generator, begun_by, api.ports.clock.now());
    upload.traceparent = traceparent.clone();
    let upload = match api.ports.uploads.create(upload).await? {
        Created::New(upload) | Created::Duplicate(upload) => upload,
    };
    let begin =
        Begin { replay: false, traceparent, ..Begin::resume(begun_by, &upload, caller.user_id.as_str()) };
    lifecycle::order(&api.ports, &upload, &begin).await?;
    Ok(upload)
}
