//! The routes of the control API, and the handlers of queues and maintenance.

use super::api::{
    MaintenanceFinding, MaintenanceReport, MaintenanceRequest, QueueDepth, Queues, SigningKeys,
};
use super::state::{Answer, Control, Shared};
use super::{account_routes, galleries, letters, uploads, users};
use crate::boot::Installation;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::QueueName;
use ingest::auth::password::Passwords;
use ingest::http::{Links, Problem};
use ingest::maintenance::{Action, Finding};
use ingest::{Maintenance, request_context};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Bytes of a JSON body.
const MAX_JSON: usize = 16 << 10;
/// Time limit of a request, its body included.
pub const MAX_TIME: Duration = Duration::from_secs(60);

/// The routes to an installation. Links are below `public_url`; a photo has at most `max_photo_bytes`.
pub fn routes(installation: &Installation, public_url: &str, max_photo_bytes: u64) -> Router {
    let ports = installation.ports.clone();
    let control = Arc::new(Control {
        links: Links::new(&ports, public_url),
        notifier: installation.notifier.clone(),
        maintenance: Maintenance::new(ports.clone(), &installation.uploads_bucket),
        max_photo_bytes,
        // One at a time: an operator's command makes one hash.
        passwords: Passwords::new(Arc::new(Semaphore::new(1))),
        ports,
    });
    Router::new()
        .route("/queues", get(queues))
        .route("/maintain", post(maintain))
        .route("/keys/rotate", post(rotate_keys))
        .route("/dead-letters", get(letters::list))
        .route("/dead-letters/{id}", get(letters::show))
        .route("/dead-letters/{id}/redrive", post(letters::redrive))
        .route("/tenants/{tenant}/uploads/{id}", get(uploads::status))
        .route("/tenants/{tenant}/uploads/{id}/replay", post(uploads::replay))
        .route("/tenants/{tenant}/gallery", get(galleries::get))
        .route("/tenants/{tenant}/users", get(users::find).post(users::create))
        .route("/tenants/{tenant}/accounts", get(account_routes::list).post(account_routes::create))
        .route("/tenants/{tenant}/accounts/{user}", post(account_routes::change))
        .route("/tenants/{tenant}/imports", post(account_routes::import))
        .route("/tenants/{tenant}/accounts/{user}/reset", post(account_routes::reset))
        .route("/tenants/{tenant}/accounts/{user}/export", get(account_routes::export))
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .route("/tenants/{tenant}/users/{user}/photos", post(uploads::store))
        .layer(from_fn(within_time))
        .layer(from_fn(request_context::around))
        .with_state(control)
}

async fn within_time(request: Request, next: Next) -> Response {
    let late = || Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "the request took too long");
    let answered = tokio::time::timeout(MAX_TIME, next.run(request)).await;
    answered.unwrap_or_else(|_| late().into_response())
}

async fn queues(State(control): Shared) -> Answer<Queues> {
    let mut queues = Vec::new();
    for queue in QueueName::all() {
        let depth = control.ports.queue.depth(queue).await?;
        let oldest_s = depth.oldest.map(|oldest| oldest.as_secs_f64());
        queues.push(QueueDepth { queue, visible: depth.visible, hidden: depth.hidden, oldest_s });
    }
    Ok(Json(Queues { queues }))
}

async fn maintain(
    State(control): Shared,
    Json(request): Json<MaintenanceRequest>,
) -> Answer<MaintenanceReport> {
    let round = control.maintenance.round(None, request.dry_run).await?;
    Ok(Json(MaintenanceReport {
        looked_at: round.findings.len(),
        findings: round.findings.iter().filter_map(finding).collect(),
        more: round.next.is_some(),
        dry_run: request.dry_run,
    }))
}

async fn rotate_keys(State(control): Shared) -> Answer<SigningKeys> {
    control.ports.secrets.rotate().await?;
    let keys = control.ports.secrets.token_seeds().await?.len();
    tracing::info!(keys, "the key of access tokens was rotated");
    Ok(Json(SigningKeys { keys }))
}

/// None where nothing was needed.
fn finding(finding: &Finding) -> Option<MaintenanceFinding> {
    let (care, detail) = match &finding.action {
        Ok(Action::Nothing) => return None,
        Ok(action) => (action.as_str(), action.detail()),
        Err(error) => ("failed", Some(error.to_string())),
    };
    Some(MaintenanceFinding {
        tenant_id: finding.tenant_id.clone(),
        upload_id: finding.upload_id,
        care: care.to_owned(),
        detail,
    })
}
