//! `/tenants/{tenant}/uploads` and the photos that become uploads.

use super::api::{PhotoQuery, ReplayPlan, ReplayRequest, StatusQuery, StoredPhoto, UploadStatus};
use super::state::{ACTOR, Answer, Control, Shared, traceparent};
use super::users;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use domain::begin::{Begin, MAX_REASON, Replay, Scope};
use domain::upload::Kind;
use domain::{Record, TenantId, Upload, UploadId};
use ingest::deposit::Deposited;
use ingest::http::{Problem, StatusDocument, body, photo};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// The longest wait that is granted: less than a request may take.
const MAX_WAIT: Duration = Duration::from_secs(25);
/// The pause between two looks at an upload that other processes save too.
const PAUSE: Duration = Duration::from_millis(500);
/// What to do about a photo that is too large.
const SMALLER: &str = "make the photo smaller, or raise setting max_upload_bytes";

pub async fn status(
    State(control): Shared,
    Path((tenant, id)): Path<(TenantId, UploadId)>,
    Query(query): Query<StatusQuery>,
) -> Answer<UploadStatus> {
    let wait = Duration::from_secs(query.wait_s.unwrap_or(0)).min(MAX_WAIT);
    let deadline = Instant::now() + wait;
    loop {
        let saved = control.notifier.upload(id);
        let status = look(&control, &tenant, id).await?;
        let now = Instant::now();
        if status.has_ended(query.attempt) || now >= deadline {
            return Ok(Json(status));
        }
        tokio::select! {
            () = saved => {}
            () = tokio::time::sleep_until((now + PAUSE).min(deadline)) => {}
        }
    }
}

async fn look(control: &Control, tenant: &TenantId, id: UploadId) -> Result<UploadStatus, Problem> {
    let upload = find(control, tenant, id).await?;
    let user = control.ports.users.get(tenant, &upload.user_id).await?;
    Ok(UploadStatus {
        document: StatusDocument::of(&control.links, &upload).await?,
        tenant_id: upload.tenant_id,
        user_id: upload.user_id,
        email: user.and_then(|user| user.email),
    })
}

/// An upload of a tenant. Errors: 404, and 410 where it was erased.
async fn find(control: &Control, tenant: &TenantId, id: UploadId) -> Result<Upload, Problem> {
    match control.ports.uploads.get(tenant, id).await? {
        Some(Record::Live(upload)) => Ok(*upload),
        Some(Record::Erased(tombstone)) => {
            let detail = format!("upload {id} was erased at {}", tombstone.erased_at);
            Err(Problem::new(StatusCode::GONE, "erased", detail))
        }
        None => {
            let detail = format!("tenant {tenant} has no upload {id}; --tenant names another tenant");
            Err(Problem::new(StatusCode::NOT_FOUND, "not_found", detail))
        }
    }
}

pub async fn replay(
    State(control): Shared,
    Path((tenant, id)): Path<(TenantId, UploadId)>,
    headers: HeaderMap,
    Json(request): Json<ReplayRequest>,
) -> Answer<ReplayPlan> {
    if request.reason.as_ref().is_some_and(|reason| reason.len() > MAX_REASON) {
        let detail = format!("the reason has at most {MAX_REASON} bytes");
        return Err(Problem::unprocessable("bad_reason", detail));
    }
    let upload = find(&control, &tenant, id).await?;
    let begin = Begin {
        scope: request.from.map_or(Scope::Resume, Scope::FromStage),
        reroll: request.reroll,
        supersede: request.supersede,
        reason: request.reason,
        traceparent: traceparent(&headers),
        ..Begin::resume(Uuid::now_v7(), &upload, ACTOR)
    };
    let replay = Replay::plan(&upload, begin, control.ports.clock.now())?;
    if !request.dry_run {
        lifecycle::order(&control.ports, &upload, &replay.begin).await?;
    }
    let Replay { attempt, kept, removed, .. } = replay;
    Ok(Json(ReplayPlan { upload_id: id, attempt, kept, removed, ordered: !request.dry_run }))
}

pub async fn store(
    State(control): Shared,
    Path((tenant, user)): Path<(TenantId, String)>,
    Query(query): Query<PhotoQuery>,
    headers: HeaderMap,
    body: Body,
) -> Answer<StoredPhoto> {
    let user = users::named(&control, &tenant, &user).await?;
    let bytes = body::read(body, control.max_photo_bytes, SMALLER).await?;
    let owner = (tenant, user.user_id);
    let stored =
        photo::store(&control.ports, owner, Kind::Photo, bytes, query.filename, traceparent(&headers))
            .await?;
    let duplicate = matches!(stored, Deposited::Known(_));
    let upload = stored.upload();
    Ok(Json(StoredPhoto { upload_id: upload.upload_id, duplicate, state: upload.status }))
}
