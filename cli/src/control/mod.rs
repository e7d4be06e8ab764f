//! What an operator asks of an installation and orders in it, as a small HTTP API. `up` serves it on a Unix socket in
//! the data directory; where nothing runs, a command opens the directory and asks the same routes itself, so the answers
//! are the same either way. Whoever may open the data directory may do everything here, in every tenant.

mod dead_letters;
mod gallery;
pub mod maintenance;
pub mod operator;
mod photos;
mod queues;
pub mod replays;
pub mod socket;
mod uploads;
mod users;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::Ports;
use ingest::http::{Links, Problem};
use ingest::{Maintenance, request_context};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// Who gives the orders, for the audit.
const ACTOR: &str = "operator";
/// The most bytes of a body that is no photo.
const MAX_JSON: usize = 16 << 10;
/// How long a request may take, its body included.
pub const LONGEST_REQUEST: Duration = Duration::from_secs(60);

/// What the routes work on.
pub struct Control {
    ports: Ports,
    links: Links,
    maintenance: Maintenance,
    max_photo_bytes: u64,
}

type Shared = State<Arc<Control>>;
type Answer = Result<Json<Value>, Problem>;

/// The routes. Events call the bucket of uploads `bucket`; links are below `public_url`; a photo has at most
/// `max_photo_bytes`.
pub fn routes(ports: Ports, bucket: &str, public_url: &str, max_photo_bytes: u64) -> Router {
    let links = Links::new(&ports, public_url);
    let maintenance = Maintenance::new(ports.clone(), bucket);
    let control = Arc::new(Control { ports, links, maintenance, max_photo_bytes });
    Router::new()
        .route("/queues", get(queues::get))
        .route("/maintain", post(maintenance::post))
        .route("/dead-letters", get(dead_letters::list))
        .route("/dead-letters/{id}", get(dead_letters::show))
        .route("/dead-letters/{id}/redrive", post(dead_letters::redrive))
        .route("/tenants/{tenant}/uploads/{id}", get(uploads::status))
        .route("/tenants/{tenant}/uploads/{id}/replay", post(replays::post))
        .route("/tenants/{tenant}/gallery", get(gallery::get))
        .route("/tenants/{tenant}/users", get(users::find).post(users::create))
        .layer(DefaultBodyLimit::max(MAX_JSON))
        .route("/tenants/{tenant}/users/{user}/photos", post(photos::post))
        .layer(from_fn(within_time))
        .layer(from_fn(request_context::around))
        .with_state(control)
}

/// The trace of a request, which its work carries on.
fn traceparent(headers: &HeaderMap) -> Option<String> {
    Some(headers.get("traceparent")?.to_str().ok()?.to_owned())
}

/// The time limit of every request.
async fn within_time(request: Request, next: Next) -> Response {
    let late = || Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "the request took too long");
    let answered = tokio::time::timeout(LONGEST_REQUEST, next.run(request)).await;
    answered.unwrap_or_else(|_| late().into_response())
}
