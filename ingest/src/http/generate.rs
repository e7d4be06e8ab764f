//! `/generate-image` and `/generate-melody`, from a given emotion or of an upload.

use super::access::{Writer, owned_by_path, owner};
use super::answer::{Answer, json, with};
use super::api::{Api, Shared};
use super::words::{EmotionName, Link, SignedLink, Uuid as UuidText};
use super::{body, prefer};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::trace;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use domain::ports::uploads::Created;
use domain::{Begin, Emotion, ObjectKey, Stage, Upload, UploadId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Either an emotion or an upload.
#[derive(Default, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub(crate) struct GenerateRequest {
    #[param(value_type = Option<EmotionName>)]
    #[schema(value_type = Option<EmotionName>)]
    emotion: Option<String>,
    #[param(value_type = Option<UuidText>)]
    #[schema(value_type = Option<UuidText>)]
    upload_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PictureDocument {
    #[schema(value_type = SignedLink)]
    generated_image_url: String,
    #[schema(value_type = Link)]
    status_url: String,
    #[schema(value_type = UuidText)]
    upload_id: UploadId,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MelodyDocument {
    #[schema(value_type = SignedLink)]
    melody_url: String,
    #[schema(value_type = Link)]
    status_url: String,
    #[schema(value_type = UuidText)]
    upload_id: UploadId,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OrderAccepted {
    #[schema(value_type = Link)]
    status_url: String,
    #[schema(value_type = UuidText)]
    upload_id: UploadId,
}

type GenerateQuery = Result<Query<GenerateRequest>, QueryRejection>;

/// Make a picture from an emotion or for an upload.
#[utoipa::path(
    get, path = "/generate-image", operation_id = "get_generated_image", tag = "making",
    params(GenerateRequest),
    responses(
        (status = 200, description = "Made, with its link", body = PictureDocument),
        (status = 202, description = "Accepted, with its status URL", body = OrderAccepted),
    ),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Prefer"])),
        ("x-gives" = json!(["200 Location", "200 Preference-Applied", "202 Location", "202 Preference-Applied", "202 Retry-After"])),
        ("x-problems" = json!(["400 bad_emotion", "400 bad_order", "400 bad_query", "404 not_found", "409 not_generated", "429 too_many_open_uploads"])),
    ),
)]
pub(crate) async fn get_image(
    State(api): Shared,
    Writer(caller, _place): Writer,
    headers: HeaderMap,
    query: GenerateQuery,
) -> Answer {
    answer(&api, &caller, &headers, from_query(query)?, Stage::ImageGeneration).await
}

/// Make a picture from an emotion or for an upload.
///
/// The body is read only without a query.
#[utoipa::path(
    post, path = "/generate-image", operation_id = "generate_image", tag = "making",
    params(GenerateRequest), request_body(content = Option<GenerateRequest>),
    responses(
        (status = 200, description = "Made, with its link", body = PictureDocument),
        (status = 202, description = "Accepted, with its status URL", body = OrderAccepted),
    ),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Prefer"])),
        ("x-gives" = json!(["200 Location", "200 Preference-Applied", "202 Location", "202 Preference-Applied", "202 Retry-After"])),
        ("x-problems" = json!(["400 bad_emotion", "400 bad_order", "400 bad_query", "404 not_found", "409 not_generated", "429 too_many_open_uploads"])),
    ),
)]
pub(crate) async fn post_image(
    State(api): Shared,
    Writer(caller, _place): Writer,
    headers: HeaderMap,
    query: GenerateQuery,
    body: Body,
) -> Answer {
    let request = from_query_or_body(&headers, query, body).await?;
    answer(&api, &caller, &headers, request, Stage::ImageGeneration).await
}

/// Make a melody from an emotion or for an upload.
#[utoipa::path(
    get, path = "/generate-melody", operation_id = "get_generated_melody", tag = "making",
    params(GenerateRequest),
    responses(
        (status = 200, description = "Made, with its link", body = MelodyDocument),
        (status = 202, description = "Accepted, with its status URL", body = OrderAccepted),
    ),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Prefer"])),
        ("x-gives" = json!(["200 Location", "200 Preference-Applied", "202 Location", "202 Preference-Applied", "202 Retry-After"])),
        ("x-problems" = json!(["400 bad_emotion", "400 bad_order", "400 bad_query", "404 not_found", "409 not_generated", "429 too_many_open_uploads"])),
    ),
)]
pub(crate) async fn get_melody(
    State(api): Shared,
    Writer(caller, _place): Writer,
    headers: HeaderMap,
    query: GenerateQuery,
) -> Answer {
    answer(&api, &caller, &headers, from_query(query)?, Stage::MelodyGeneration).await
}

/// Make a melody from an emotion or for an upload.
///
/// The body is read only without a query.
#[utoipa::path(
    post, path = "/generate-melody", operation_id = "generate_melody", tag = "making",
    params(GenerateRequest), request_body(content = Option<GenerateRequest>),
    responses(
        (status = 200, description = "Made, with its link", body = MelodyDocument),
        (status = 202, description = "Accepted, with its status URL", body = OrderAccepted),
    ),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Prefer"])),
        ("x-gives" = json!(["200 Location", "200 Preference-Applied", "202 Location", "202 Preference-Applied", "202 Retry-After"])),
        ("x-problems" = json!(["400 bad_emotion", "400 bad_order", "400 bad_query", "404 not_found", "409 not_generated", "429 too_many_open_uploads"])),
    ),
)]
pub(crate) async fn post_melody(
    State(api): Shared,
    Writer(caller, _place): Writer,
    headers: HeaderMap,
    query: GenerateQuery,
    body: Body,
) -> Answer {
    let request = from_query_or_body(&headers, query, body).await?;
    answer(&api, &caller, &headers, request, Stage::MelodyGeneration).await
}

fn from_query(query: GenerateQuery) -> Result<GenerateRequest, Problem> {
    let Query(request) = query.map_err(|error| Problem::malformed("bad_query", error.body_text()))?;
    Ok(request)
}

/// From the query, or from the body without one.
async fn from_query_or_body(
    headers: &HeaderMap,
    query: GenerateQuery,
    body: Body,
) -> Result<GenerateRequest, Problem> {
    let request = from_query(query)?;
    if request.emotion.is_none() && request.upload_id.is_none() {
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
        Some(attempt) => made(api, &upload, generator, attempt).await?,
        None if upload.status.is_done() && upload.made_at(generator).is_none() => {
            return Err(Problem::conflict("not_generated", "the upload has ended without it; replay it"));
        }
        None => {
            let body = OrderAccepted { status_url: status_url.clone(), upload_id: upload.upload_id };
            with(json(StatusCode::ACCEPTED, &body), header::RETRY_AFTER, "1")
        }
    };
    Ok(prefer::applied(with(response, header::LOCATION, &status_url), wait))
}

async fn made(api: &Api, upload: &Upload, generator: Stage, attempt: u32) -> Answer {
    let (tenant, upload_id) = (&upload.tenant_id, upload.upload_id);
    let status_url = api.links.status(upload_id);
    Ok(match generator {
        Stage::MelodyGeneration => {
            let melody_url = api.links.to(&ObjectKey::melody(tenant, upload_id, attempt)).await?;
            json(StatusCode::OK, &MelodyDocument { melody_url, status_url, upload_id })
        }
        _ => {
            let generated_image_url = api.links.to(&ObjectKey::picture(tenant, upload_id, attempt)).await?;
            json(StatusCode::OK, &PictureDocument { generated_image_url, status_url, upload_id })
        }
    })
}

/// Writes the prompt's record, then orders intake to start its attempt.
async fn order(
    api: &Api,
    caller: &Caller,
    emotion: Emotion,
    generator: Stage,
    traceparent: Option<String>,
) -> Result<Upload, Problem> {
    api.admit(&owner(caller), 0).await?;
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
