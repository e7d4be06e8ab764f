//! RFC 9457 problems: a stable code and a sentence. The cause in the backend goes to the log.

use crate::http::problem_codes;
use crate::http::words::ProblemCode;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::MediaType;
use domain::begin::BeginRefused;
use domain::ports::{PortError, PortErrorKind};
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Duration;
use utoipa::ToSchema;

/// The value of `Retry-After` when busy.
const BUSY: Duration = Duration::from_secs(2);

/// The page that explains codes, in the extensions of an answer whose problem is still to be written.
#[derive(Clone, Debug)]
pub(crate) struct Explained(Arc<str>);

impl Explained {
    pub(crate) fn below(public_url: &str) -> Self {
        Explained(format!("{public_url}{}", problem_codes::PAGE).into())
    }

    fn url(&self, code: &str) -> String {
        format!("{}#{code}", self.0)
    }
}

/// An error answer. The outermost layer writes it out, because only that layer knows the request's id.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    code: String,
    detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    more: Map<String, Value>,
}

/// A problem (RFC 9457). Some codes have members of their own, such as `limit` and `accepted`.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProblemDocument {
    #[schema(value_type = ProblemCode)]
    code: String,
    /// A sentence for people.
    detail: String,
    /// The path of the request.
    #[schema(example = "/uploads/01932f5e-8f2b-7c11-9d3e-5a6b7c8d9e0f")]
    instance: String,
    request_id: String,
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    title: String,
    /// The URL of the code's explanation.
    #[schema(format = "uri", example = "http://127.0.0.1:8080/docs/problems#not_found")]
    r#type: String,
    #[serde(flatten)]
    #[schema(ignore)]
    more: Map<String, Value>,
}

impl Problem {
    /// `code` is stable, for programs; `detail` is a sentence for people.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        let (code, detail) = (code.into(), detail.into());
        Problem(Box::new(Parts { status, code, detail, headers: Vec::new(), more: Map::new() }))
    }

    /// 400: the request cannot be parsed.
    pub fn malformed(code: &str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 422: the request can be parsed, and a value is invalid.
    pub fn unprocessable(code: &str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// 404: the upload does not exist, or is not the caller's.
    pub fn not_found() -> Self {
        Problem::new(StatusCode::NOT_FOUND, "not_found", "no such upload")
    }

    pub fn request_timeout(detail: &str) -> Self {
        Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
    }

    /// 409: not allowed in the present state.
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Problem::new(StatusCode::CONFLICT, code, detail)
    }

    /// 401, with the challenge that goes with it (RFC 6750, 3).
    pub fn unauthorized(code: &str, detail: impl Into<String>) -> Self {
        let challenge = match code {
            "invalid_token" => "Bearer error=\"invalid_token\"",
            _ => "Bearer",
        };
        Problem::new(StatusCode::UNAUTHORIZED, code, detail)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// 413, with the limit in bytes.
    pub fn too_large(limit: u64, hint: &str) -> Self {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("at most {limit} bytes are accepted; {hint}"),
        )
        .with("limit", limit)
    }

    /// 415, with the accepted types.
    pub fn unsupported(code: &str, detail: impl Into<String>) -> Self {
        let accepted: Vec<&str> = MediaType::ALL.iter().map(|accepted| accepted.as_str()).collect();
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, detail).with("accepted", accepted)
    }

    /// 503, to be retried.
    pub fn busy(code: &str, detail: &str) -> Self {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(BUSY)
    }

    /// 500: the log says more than the answer.
    pub fn internal() -> Self {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "the server failed; the failure has been logged",
        )
    }

    /// The problem of an error answer that the framework made.
    pub fn of_status(status: StatusCode) -> Self {
        let phrase = status.canonical_reason().unwrap_or("error");
        let code = match status {
            StatusCode::NOT_FOUND => "no_such_route".to_owned(),
            _ => phrase.to_ascii_lowercase().replace([' ', '-', '\''], "_"),
        };
        Problem::new(status, &code, phrase)
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> &str {
        &self.0.code
    }

    /// Adds `Retry-After`: whole seconds, rounded up.
    pub fn retry_after(self, after: Duration) -> Self {
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Adds a member to the document.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.into(), value.into());
        self
    }

    /// The code, and the member `limit`, which is a number if it is there.
    pub(crate) fn code_and_limit(&self) -> (&str, Option<u64>) {
        (&self.0.code, self.0.more.get("limit").and_then(Value::as_u64))
    }

    /// Replaces the sentence by one in another language.
    pub(crate) fn say(mut self, detail: String) -> Self {
        self.0.detail = detail;
        self
    }

    /// `instance` is the request's path. `explained` is where codes are explained, if anywhere.
    pub(crate) fn write(self, request_id: &str, instance: &str, explained: Option<&Explained>) -> Response {
        let parts = self.0;
        let document = ProblemDocument {
            code: parts.code.clone(),
            detail: parts.detail,
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            status: parts.status.as_u16(),
            title: parts.status.canonical_reason().unwrap_or("error").to_owned(),
            r#type: explained.map_or_else(|| "about:blank".to_owned(), |page| page.url(&parts.code)),
            more: parts.more,
        };
        let body = serde_json::to_string(&document).expect("a problem has string keys and finite numbers");
        let mut response = (parts.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.extend(parts.headers);
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<BeginRefused> for Problem {
    fn from(refused: BeginRefused) -> Self {
        Problem::conflict(refused.code(), refused.to_string())
    }
}

/// The cause is logged here; the caller sees only its kind.
impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        match error.kind {
            PortErrorKind::NotFound => Problem::not_found(),
            PortErrorKind::Conflict => {
                Problem::conflict("changed_meanwhile", "the resource changed; fetch it and retry")
            }
            PortErrorKind::Busy => {
                tracing::warn!(error = %error, "a port is busy");
                Problem::busy("busy", "the server is overloaded; retry later")
            }
            PortErrorKind::Full => {
                tracing::error!(error = %error, "the storage is full");
                let detail = "the server has no storage left";
                Problem::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", detail)
            }
            PortErrorKind::Denied | PortErrorKind::Broken => {
                tracing::error!(error = %error, "a request failed");
                Problem::internal()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_rounded_up() {
        for (ms, expected) in [(0, "1"), (1, "1"), (1000, "1"), (1001, "2")] {
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "x", "y");
            let response = problem.retry_after(Duration::from_millis(ms)).write("id", "/", None);
            assert_eq!(response.headers()[header::RETRY_AFTER], expected, "{ms} ms");
        }
    }
}
