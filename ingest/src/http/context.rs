//! Around every request of the API: its time limit, its line in the log, its count.

use super::Api;
use crate::problem::Problem;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

pub(crate) async fn around(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let answered = tokio::time::timeout(api.settings.request_timeout, next.run(request)).await;
    let late = |_| Problem::request_timeout("the request took too long").into_response();
    let response = answered.unwrap_or_else(late);
    let (status, route) = (response.status().as_u16(), route.unwrap_or_else(|| "none".into()));
    let duration_ms = started.elapsed().as_millis() as u64;
    tracing::info!(%method, route, status, duration_ms, "answered");
    api.metrics.request_answered(method.as_str(), &route, status);
    response
}

/// What becomes of a request whose handler panicked.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said = panic.downcast_ref::<&str>().map(|said| (*said).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = said, "a handler panicked");
    Problem::internal().into_response()
}
