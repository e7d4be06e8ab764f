//! `POST /uploads/{id}/replay`: an order to begin the next attempt.

use super::answer::{Answer, json, with};
use super::idempotency::{self, IdempotencyKey};
use super::session::Writer;
use super::{Shared, body, owned, trace};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use domain::begin::{Begin, MAX_REASON, Replay, Scope};
use domain::{Stage, Upload};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// None: whatever is not good.
    from_stage: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    reroll: bool,
    #[serde(default)]
    supersede: bool,
}

impl Wanted {
    fn scope(&self) -> Result<Scope, Problem> {
        let unknown = || Problem::meaningless("unknown_stage", "from_stage is one of the five stages' names");
        match &self.from_stage {
            None => Ok(Scope::Resume),
            Some(name) => Stage::parse(name).map(Scope::FromStage).map_err(|_| unknown()),
        }
    }
}

pub(crate) async fn post(
    State(api): Shared,
    Writer(caller): Writer,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let wanted: Wanted = body::json(&headers, body, body::MAX_JSON).await?;
    let scope = wanted.scope()?;
    if wanted.reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON) {
        return Err(Problem::meaningless("bad_reason", format!("at most {MAX_REASON} bytes")));
    }
    let upload = owned::by_path(&api, &caller, &id).await?;
    let key = IdempotencyKey::of(&headers, &caller, &format!("POST /uploads/{}/replay", upload.upload_id))?;
    let said = json!(wanted).to_string();
    let id = key.map_or_else(Uuid::now_v7, |key| key.id_with(said.as_bytes()));
    let begin = Begin {
        scope,
        reroll: wanted.reroll,
        supersede: wanted.supersede,
        reason: wanted.reason,
        traceparent: trace::parent(&headers),
        ..Begin::resume(id, &upload, caller.user_id.as_str())
    };
    if let Some(begun) = upload.begun_by.filter(|begun| key.is_some_and(|key| key.made(*begun))) {
        return match begun == begin.id {
            true => accepted(&api.links.status(upload.upload_id), &upload, upload.attempt),
            false => Err(idempotency::reused()),
        };
    }
    let replay = Replay::plan(&upload, begin, api.ports.clock.now())?;
    lifecycle::order(&api.ports, &replay.begin).await?;
    accepted(&api.links.status(upload.upload_id), &upload, replay.attempt)
}

pub(crate) fn accepted(status_url: &str, upload: &Upload, attempt: u32) -> Answer {
    let body = json!({"upload_id": upload.upload_id, "attempt": attempt, "status_url": status_url});
    let response = with(json(StatusCode::ACCEPTED, &body), header::LOCATION, status_url);
    Ok(with(response, header::RETRY_AFTER, "1"))
}
