//! Errors as `application/problem+json` (RFC 9457), with a stable code and the request's id.

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::ports::{PortError, PortErrorKind};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// Names a request, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The most characters of a request id that a caller chose.
const MOST_REQUEST_ID: usize = 64;

/// An error for whoever asked: never internals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// Stable; programs go by it.
    pub code: &'static str,
    /// One sentence for people.
    pub detail: String,
    /// When to try again.
    pub retry_after: Option<Duration>,
    /// How to authenticate: `WWW-Authenticate`.
    pub challenge: Option<&'static str>,
}

impl Problem {
    /// A problem with nothing but its words.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Problem { status, code, detail: detail.into(), retry_after: None, challenge: None }
    }

    /// 401 with the challenge that goes with it.
    pub fn unauthorized(code: &'static str, detail: impl Into<String>, challenge: &'static str) -> Self {
        Problem { challenge: Some(challenge), ..Problem::new(StatusCode::UNAUTHORIZED, code, detail) }
    }

    /// The same, to be tried again after a while.
    pub fn retry_after(self, after: Duration) -> Self {
        Problem { retry_after: Some(after), ..self }
    }

    fn document(&self, instance: Option<&str>, request_id: Option<&str>) -> String {
        let mut document = json!({
            "type": format!("urn:semblante:problem:{}", self.code),
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
            "code": self.code,
        });
        for (name, value) in [("instance", instance), ("request_id", request_id)] {
            if let Some(value) = value {
                document[name] = json!(value);
            }
        }
        document.to_string()
    }

    fn response(self, instance: Option<&str>, request_id: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(after) = self.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        let mut response = (self.status, headers, self.document(instance, request_id)).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.response(None, None)
    }
}

/// What a port's failure is to whoever asked. It is logged here, because he must not see it.
impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        match error.kind {
            PortErrorKind::Busy => {
                tracing::warn!(%error, "a port is busy");
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "The service is busy.")
                    .retry_after(Duration::from_secs(1))
            }
            _ => {
                tracing::error!(%error, "a port failed");
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something failed on our side.")
            }
        }
    }
}

/// A layer that gives every request an id, hands it back, and completes problems with the request's id and path.
pub async fn complete(mut request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).filter(|id| is_request_id(id)).cloned();
    let id = id.unwrap_or_else(new_request_id);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let path = request.uri().path().to_owned();
    let response = next.run(request).await;
    let mut response = match response.extensions().get::<Problem>() {
        Some(problem) => {
            let (problem, before) = (problem.clone(), response.headers().clone());
            let mut completed = problem.response(Some(&path), id.to_str().ok());
            for (name, value) in &before {
                if !completed.headers().contains_key(name) && name != axum::http::header::CONTENT_LENGTH {
                    completed.headers_mut().append(name, value.clone());
                }
            }
            completed
        }
        None => response,
    };
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

fn is_request_id(id: &HeaderValue) -> bool {
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    !id.is_empty() && id.len() <= MOST_REQUEST_ID && id.as_bytes().iter().all(legal)
}

fn new_request_id() -> HeaderValue {
    HeaderValue::from_str(&Uuid::now_v7().to_string()).expect("a UUID is visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_request_ids_are_taken_over() {
        let long = "x".repeat(65);
        for (id, expected) in
            [("a-b_c.9", true), ("", false), ("a b", false), ("a\"b", false), (long.as_str(), false)]
        {
            assert_eq!(is_request_id(&HeaderValue::from_str(id).unwrap()), expected, "{id:?}");
        }
    }

    #[test]
    fn waits_are_rounded_up() {
        for (ms, expected) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2")] {
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "x", "y");
            let response = problem.retry_after(Duration::from_millis(ms)).into_response();
            assert_eq!(response.headers()[RETRY_AFTER], expected, "{ms} ms");
        }
    }
}
