//! `POST /tenants/{tenant}/users/{user}/photos`: a photo becomes an upload of the user; the body is its bytes.

use super::{Answer, Shared, traceparent, users};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use domain::TenantId;
use domain::upload::Kind;
use ingest::deposit::Deposited;
use ingest::http::{body, photo};
use serde_json::json;

/// What to do about a photo that is too large.
const SMALLER: &str = "make the photo smaller, or set max_upload_bytes";

pub async fn post(
    State(control): Shared,
    Path((tenant, user)): Path<(TenantId, String)>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let user = users::named(&control, &tenant, &user).await?;
    let bytes = body::read(body, control.max_photo_bytes, SMALLER).await?;
    let owner = (tenant, user.user_id);
    let stored = photo::store(&control.ports, owner, Kind::Photo, bytes, traceparent(&headers)).await?;
    let duplicate = matches!(stored, Deposited::Known(_));
    let upload = stored.upload();
    Ok(Json(json!({"upload_id": upload.upload_id, "duplicate": duplicate, "state": upload.status})))
}
