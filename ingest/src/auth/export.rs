//! `GET /api/v1/users/me/export`: everything of the caller as a ZIP archive.

use super::failure::AuthFailure;
use super::request::Service;
use crate::http::words::FileBytes;
use crate::problem::Problem;
use crate::user_archive;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// Get everything that the installation has of the caller, as a ZIP archive.
///
/// Photos as they were uploaded, results, pictures and melodies of all attempts, and the account. The answer has no length
/// beforehand; one that breaks off has no directory at its end, and no program takes it for whole.
#[utoipa::path(
    get, path = "/api/v1/users/me/export", operation_id = "export_own_user", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The archive", content_type = "application/zip", body = FileBytes)),
    extensions(("x-problems" = json!(["501 not_here"]))),
)]
pub async fn get(State(service): Service, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = service.fresh_caller(&headers).await?;
    if service.settings.max_exports == 0 {
        let detail = "this installation cannot send an export; its operator can: semblante users export";
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "not_here", detail));
    }
    let place = service.exports.take(&(caller.tenant_id.clone(), caller.user_id.clone()), 1)?;
    let user =
        service.ports.users.get(&caller.tenant_id, &caller.user_id).await.map_err(AuthFailure::from)?;
    let archive = user_archive::write(&service.ports, user.ok_or(AuthFailure::InvalidToken)?, place);
    tracing::info!(user.id = %caller.user_id, "export begun");
    let headers = [
        (CONTENT_TYPE, "application/zip"),
        (CONTENT_DISPOSITION, "attachment; filename=\"semblante.zip\""),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, Body::from_stream(archive)).into_response())
}
