//! Cross-origin requests: one list of origins; `*` only when asked for, never with credentials.

use crate::request_id::REQUEST_ID;
use axum::http::{HeaderValue, Method, header};
use std::time::Duration;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

/// How long a browser may remember the answer to a preflight.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// The layer; None where no origin is allowed. An origin that is no header value is never matched by a browser's.
pub(crate) fn layer(origins: &[String]) -> Option<CorsLayer> {
    let allowed: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let allowed = match () {
        () if origins.iter().any(|origin| origin == "*") => AllowOrigin::from(Any),
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
                axum::http::HeaderName::from_static("prefer"),
                axum::http::HeaderName::from_static("idempotency-key"),
                axum::http::HeaderName::from_static("traceparent"),
                axum::http::HeaderName::from_static("x-amz-checksum-sha256"),
                REQUEST_ID,
            ])
            .expose_headers([header::ETAG, header::LOCATION, header::RETRY_AFTER, REQUEST_ID])
            .max_age(REMEMBERED),
    )
}
