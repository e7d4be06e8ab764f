//! Around every request: its id, its time limit, its line in the log, and problems written out.

use super::Api;
use super::problem::Problem;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken over from a caller.
const MOST_ID: usize = 128;

/// The caller's id where it is fit for logs, else a new one.
fn request_id(request: &Request) -> String {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let given = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    let given = given.filter(|id| (1..=MOST_ID).contains(&id.len()) && id.chars().all(legal));
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

pub(crate) async fn around(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&request);
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let answered = tokio::time::timeout(api.settings.request_timeout, next.run(request)).await;
    let late = || {
        Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "the request took too long")
            .into_response()
    };
    let mut response = written(answered.unwrap_or_else(|_| late()), &id, &path);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let (status, route) = (response.status().as_u16(), route.unwrap_or_else(|| "none".into()));
    let duration_ms = started.elapsed().as_millis() as u64;
    tracing::info!(request.id = id, %method, route, status, duration_ms, "answered");
    api.metrics.count(method.as_str(), &route, status);
    response
}

/// Problems, and errors that the framework made, as `application/problem+json`.
fn written(mut response: Response, id: &str, path: &str) -> Response {
    let status = response.status();
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem.write(id, path),
        None if status.is_client_error() || status.is_server_error() => {
            let allow = response.headers_mut().remove(axum::http::header::ALLOW);
            let mut problem = Problem::of_status(status);
            if let Some(allow) = allow {
                problem = problem.with_header(axum::http::header::ALLOW, allow);
            }
            problem.write(id, path)
        }
        None => response,
    }
}

/// What becomes of a request whose handler panicked.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let said = panic.downcast_ref::<&str>().map(|said| (*said).to_owned());
    let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = said, "a handler panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "it is our fault and has been noted")
        .into_response()
}
