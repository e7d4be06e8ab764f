//! Traffic that is switched off: every request but those for health is sent away before anything of it is read. Nothing is
//! deleted, and what is in the queues goes on.

use super::Shared;
use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// What is answered all the same.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];
/// When to try again; nobody knows how long it stays off.
const AFTER: Duration = Duration::from_secs(300);

pub(crate) async fn admit(State(api): Shared, request: Request, next: Next) -> Response {
    if api.settings.accept_traffic || HEALTH.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "traffic_off", "traffic is switched off for now")
        .retry_after(AFTER)
        .into_response()
}
