//! What is around every route: the time limit, the log line, the count, the switch for traffic, panics, CORS.

use super::answer::with;
use super::api::{Api, HttpSettings, Shared};
use super::body;
use crate::problem::Problem;
use crate::request_context::REQUEST_ID;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tower_http::cors::{AllowOrigin, Any as AnyOrigin, CorsLayer};
use tracing::Instrument;

/// Routes that are answered even if traffic is off.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];
/// `Retry-After` while traffic is off.
const TRAFFIC_RETRY_AFTER: Duration = Duration::from_secs(300);
/// How long a browser may cache the answer to a preflight.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(3600);

/// Limits a request's time, logs its answer and counts it. The time limit ends a request that reads; one that writes goes
/// on ([`detach`]).
pub(crate) async fn observe(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let answered =
        tokio::time::timeout(time_limit(&api.settings, request.headers()), next.run(request)).await;
    let late = |_| Problem::request_timeout("the request took too long").into_response();
    let mut response = answered.unwrap_or_else(late);
    response.extensions_mut().insert(api.explained.clone());
    let (status, route) = (response.status().as_u16(), route.unwrap_or_else(|| "none".into()));
    let duration_ms = started.elapsed().as_millis() as u64;
    tracing::info!(%method, route, status, duration_ms, "request answered");
    api.metrics.request_answered(method.as_str(), &route, status);
    response
}

/// The time limit of a request with these headers. Its body may be as slow as [`body::MIN_BYTES_PER_S`].
fn time_limit(settings: &HttpSettings, headers: &HeaderMap) -> Duration {
    let max = settings.max_photo_bytes.max(2 * settings.max_inline_bytes);
    let bytes = match headers.contains_key(header::TRANSFER_ENCODING) {
        true => max,
        false => body::announced(headers).unwrap_or(0).min(max),
    };
    settings.request_timeout + body::time_for(bytes)
}

/// Runs a request that writes to its end, even if the client leaves or the time limit passes: a handler is never cancelled
/// between two writes. The places of [`super::access::Writer`] bound how many there are.
pub(crate) async fn detach(request: Request, next: Next) -> Response {
    let handler = tokio::spawn(next.run(request).in_current_span());
    handler.await.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => panicked(panic),
        Err(error) => {
            tracing::error!(error = %error, "a handler was cancelled");
            Problem::internal().into_response()
        }
    })
}

/// A request of HTTP/1.1 names one host (RFC 9112, 3.2). Links are made of the public address all the same.
pub(crate) async fn check_host(request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Problem::malformed("bad_host", "send one Host header").into_response();
    }
    next.run(request).await
}

/// A path with a slash at its end or with two in a row leads to the path without.
pub(crate) async fn redirect(uri: Uri) -> Response {
    let parts: Vec<&str> = uri.path().split('/').filter(|part| !part.is_empty()).collect();
    let mut target = format!("/{}", parts.join("/"));
    if target == uri.path() || target.starts_with("/objects/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    if let Some(query) = uri.query() {
        target = format!("{target}?{query}");
    }
    with(StatusCode::PERMANENT_REDIRECT.into_response(), header::LOCATION, &target)
}

/// While traffic is off, every request but those for health is refused before its body is read. Nothing is deleted, and
/// the queues go on.
pub(crate) async fn admit(State(api): Shared, request: Request, next: Next) -> Response {
    if api.settings.accept_traffic || HEALTH.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "traffic_off", "traffic is switched off for now")
        .retry_after(TRAFFIC_RETRY_AFTER)
        .into_response()
}

/// The answer of a handler that panicked.
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let message = panic.downcast_ref::<&str>().map(|message| (*message).to_owned());
    let message = message.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!(panic = message, "a handler panicked");
    Problem::internal().into_response()
}

/// Cross-origin requests: `*` only if configured, never with credentials. None if no origin is allowed.
pub(crate) fn cors(origins: &[String]) -> Option<CorsLayer> {
    let allowed: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let allowed = match () {
        () if origins.iter().any(|origin| origin == "*") => AllowOrigin::from(AnyOrigin),
        () if allowed.is_empty() => return None,
        () => AllowOrigin::list(allowed),
    };
    let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE];
    Some(
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods(methods)
            .allow_headers([
                header::AUTHORIZATION,
                header::CONTENT_TYPE,
                header::IF_MATCH,
                header::IF_NONE_MATCH,
                header::RANGE,
                header::IF_RANGE,
                HeaderName::from_static("prefer"),
                HeaderName::from_static("idempotency-key"),
                HeaderName::from_static("traceparent"),
                HeaderName::from_static("x-amz-checksum-sha256"),
                REQUEST_ID,
            ])
            .expose_headers([
                header::ETAG,
                header::LOCATION,
                header::RETRY_AFTER,
                header::ACCEPT_RANGES,
                header::CONTENT_RANGE,
                HeaderName::from_static("preference-applied"),
                REQUEST_ID,
            ])
            .max_age(PREFLIGHT_MAX_AGE),
    )
}
