//! Orders to begin an upload's next attempt: `POST /uploads/{id}/replay`, and `PUT /uploads/{id}/emotion`, with which the
//! owner corrects the analysed emotion; picture and melody are then made again.

use super::access::{Writer, owned_by_path};
use super::answer::{Answer, json, with};
use super::api::{Api, Shared};
use super::body;
use super::idempotency::{self, IdempotencyKey};
use super::words::{EmotionName, Link, StageName, Uuid as UuidText};
use crate::problem::Problem;
use crate::trace;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use domain::begin::{Begin, MAX_REASON, Replay, Scope};
use domain::{Emotion, Stage, Upload, UploadId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayRequest {
    /// Without it: every stage without a good result.
    #[schema(value_type = Option<StageName>)]
    from_stage: Option<String>,
    #[schema(max_length = 500)]
    reason: Option<String>,
    /// Make new pictures and melodies with another seed.
    #[serde(default)]
    reroll: bool,
    /// End a run that is in progress.
    #[serde(default)]
    supersede: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct AttemptAccepted {
    attempt: u32,
    #[schema(value_type = Link)]
    status_url: String,
    #[schema(value_type = UuidText)]
    upload_id: UploadId,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionRequest {
    #[schema(value_type = EmotionName)]
    emotion: String,
}

impl ReplayRequest {
    fn scope(&self) -> Result<Scope, Problem> {
        let unknown =
            || Problem::unprocessable("unknown_stage", "from_stage is the name of one of the five stages");
        match &self.from_stage {
            None => Ok(Scope::Resume),
            Some(name) => Stage::parse(name).map(Scope::FromStage).map_err(|_| unknown()),
        }
    }
}

/// Begin the next attempt.
#[utoipa::path(
    post, path = "/uploads/{id}/replay", operation_id = "replay_upload", tag = "uploads",
    params(("id" = UuidText, Path, description = "The upload")),
    request_body = ReplayRequest,
    responses((status = 202, description = "Ordered", body = AttemptAccepted)),
    security(("bearer" = [])),
    extensions(
        ("x-takes" = json!(["Idempotency-Key"])), ("x-gives" = json!(["202 Location", "202 Retry-After"])),
        ("x-problems" = json!(["400 bad_idempotency_key", "404 not_found", "409 nothing_stored", "409 nothing_to_correct", "409 run_in_progress", "409 stale_attempt", "422 bad_reason", "422 idempotency_key_reused", "422 unknown_stage", "429 too_many_open_uploads"])),
    ),
)]
pub(crate) async fn replay(
    State(api): Shared,
    Writer(caller, _place): Writer,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let request: ReplayRequest = body::json(&headers, body, body::MAX_JSON).await?;
    let scope = request.scope()?;
    if request.reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON) {
        return Err(Problem::unprocessable("bad_reason", format!("reason has at most {MAX_REASON} bytes")));
    }
    let upload = owned_by_path(&api, &caller, &id).await?;
    let key = IdempotencyKey::of(&headers, &caller, &format!("POST /uploads/{}/replay", upload.upload_id))?;
    let canonical = json!(request).to_string();
    let order_id = key.map_or_else(Uuid::now_v7, |key| key.id_with(canonical.as_bytes()));
    if let Some(begun) = upload.begun_by.filter(|begun| key.is_some_and(|key| key.made(*begun))) {
        return match begun == order_id {
            true => accepted(&api, &upload, upload.attempt),
            false => Err(idempotency::reused()),
        };
    }
    let begin = Begin {
        scope,
        reroll: request.reroll,
        supersede: request.supersede,
        reason: request.reason,
        traceparent: trace::parent(&headers),
        ..Begin::resume(order_id, &upload, caller.user_id.as_str())
    };
    order(&api, &upload, begin).await
}

/// Correct the emotion; picture and melody are made again.
#[utoipa::path(
    put, path = "/uploads/{id}/emotion", operation_id = "correct_emotion", tag = "uploads",
    params(("id" = UuidText, Path, description = "The upload")),
    request_body = CorrectionRequest,
    responses((status = 202, description = "Ordered", body = AttemptAccepted)),
    security(("bearer" = [])),
    extensions(
        ("x-gives" = json!(["202 Location", "202 Retry-After"])),
        ("x-problems" = json!(["404 not_found", "409 nothing_stored", "409 nothing_to_correct", "409 run_in_progress", "409 stale_attempt", "422 bad_emotion", "429 too_many_open_uploads"])),
    ),
)]
pub(crate) async fn correct(
    State(api): Shared,
    Writer(caller, _place): Writer,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let correction: CorrectionRequest = body::json(&headers, body, body::MAX_JSON).await?;
    let unknown = |_| Problem::unprocessable("bad_emotion", body::EMOTIONS);
    let emotion = Emotion::parse(&correction.emotion).map_err(unknown)?;
    let upload = owned_by_path(&api, &caller, &id).await?;
    // A PUT may be repeated: an emotion that is already set begins no attempt.
    if upload.corrected == Some(emotion) {
        return accepted(&api, &upload, upload.attempt);
    }
    let begin = Begin {
        scope: Scope::FromStage(Stage::EmotionAnalysis),
        correct: Some(emotion),
        supersede: true,
        reason: Some("the owner corrected the emotion".into()),
        traceparent: trace::parent(&headers),
        ..Begin::resume(Uuid::now_v7(), &upload, caller.user_id.as_str())
    };
    order(&api, &upload, begin).await
}

async fn order(api: &Api, upload: &Upload, begin: Begin) -> Answer {
    let replay = Replay::plan(upload, begin, api.ports.clock.now())?;
    api.admit(&(upload.tenant_id.clone(), upload.user_id.clone()), 0).await?;
    lifecycle::order(&api.ports, upload, &replay.begin).await?;
    accepted(api, upload, replay.attempt)
}

fn accepted(api: &Api, upload: &Upload, attempt: u32) -> Answer {
    let status_url = api.links.status(upload.upload_id);
    let body = AttemptAccepted { attempt, status_url: status_url.clone(), upload_id: upload.upload_id };
    let response = with(json(StatusCode::ACCEPTED, &body), header::LOCATION, &status_url);
    Ok(with(response, header::RETRY_AFTER, "1"))
}
