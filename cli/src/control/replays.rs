//! `POST /tenants/{tenant}/uploads/{id}/replay`: orders an upload's next attempt, or only says what that would do.

use super::{ACTOR, Answer, Shared, traceparent, uploads};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use domain::begin::{Begin, MAX_REASON, Replay, Scope};
use domain::{Stage, TenantId, UploadId};
use ingest::http::Problem;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// What to do again.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// From this stage on; None: whatever is not good.
    pub from: Option<Stage>,
    /// Whether the art may differ from before.
    pub reroll: bool,
    /// Whether a running attempt is stopped for this one.
    pub supersede: bool,
    /// Why.
    pub reason: Option<String>,
    /// Whether nothing is ordered.
    pub dry_run: bool,
}

pub async fn post(
    State(control): Shared,
    Path((tenant, id)): Path<(TenantId, UploadId)>,
    headers: HeaderMap,
    Json(order): Json<Order>,
) -> Answer {
    if order.reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON) {
        let words = format!("the reason has at most {MAX_REASON} bytes");
        return Err(Problem::unprocessable("bad_reason", words));
    }
    let upload = uploads::find(&control, &tenant, id).await?;
    let begin = Begin {
        scope: order.from.map_or(Scope::Resume, Scope::FromStage),
        reroll: order.reroll,
        supersede: order.supersede,
        reason: order.reason,
        traceparent: traceparent(&headers),
        ..Begin::resume(Uuid::now_v7(), &upload, ACTOR)
    };
    let replay = Replay::plan(&upload, begin, control.ports.clock.now())?;
    if !order.dry_run {
        lifecycle::order(&control.ports, &replay.begin).await?;
    }
    Ok(Json(json!({
        "upload_id": id,
        "attempt": replay.attempt,
        "kept": replay.kept,
        "removed": replay.removed,
        "ordered": !order.dry_run,
    })))
}
