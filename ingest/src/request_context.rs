//! Around every request: its id, its trace, and problems written out.

use crate::http::sentences::{self, Language};
use crate::problem::{Explained, Problem};
use crate::trace::{self, TRACEPARENT};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, error_span};
use uuid::Uuid;

/// In requests and answers.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A longer id of a caller is replaced.
const MAX_CHARACTERS: usize = 128;

/// The outermost layer of the router.
pub async fn around(mut request: Request, next: Next) -> Response {
    let (id, id_header) = request_id(request.headers());
    let trace = trace::begin(request.headers());
    // For the handlers and the layers inside.
    request.headers_mut().insert(REQUEST_ID, id_header.clone());
    request.headers_mut().insert(TRACEPARENT, trace::header(&trace));
    let (path, language) = (request.uri().path().to_owned(), Language::of(request.headers()));
    let span = error_span!("request", trace.id = trace.trace_id(), request.id = id);
    let mut response = write_problem(next.run(request).instrument(span).await, &id, &path, language);
    response.headers_mut().insert(REQUEST_ID, id_header);
    response.headers_mut().insert(TRACEPARENT, trace::header(&trace));
    response
}

/// Writes problems and the framework's errors as `application/problem+json`, in the caller's language where there is a
/// sentence in it.
fn write_problem(mut response: Response, id: &str, path: &str, language: Language) -> Response {
    let status = response.status();
    let explained = response.extensions_mut().remove::<Explained>();
    let explained = explained.as_ref();
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => {
            let (code, limit) = problem.code_and_limit();
            match sentences::translated(code, limit, language) {
                Some(sentence) => problem.say(sentence).write(id, path, explained),
                None => problem.write(id, path, explained),
            }
        }
        None if status.is_client_error() || status.is_server_error() => {
            let mut problem = Problem::of_status(status);
            if let Some(allow) = response.headers_mut().remove(header::ALLOW) {
                problem = problem.with_header(header::ALLOW, allow);
            }
            problem.write(id, path, explained)
        }
        None => response,
    }
}

/// The caller's request id if it is fit for logs, else a new one; as text and as a header value.
fn request_id(headers: &HeaderMap) -> (String, HeaderValue) {
    let given = headers.get(REQUEST_ID).and_then(|id| Some((id.to_str().ok()?, id)));
    match given.filter(|(id, _)| is_harmless(id)) {
        Some((id, value)) => (id.to_owned(), value.clone()),
        None => {
            let id = Uuid::now_v7().to_string();
            let value = HeaderValue::from_str(&id).expect("a UUID is visible ASCII");
            (id, value)
        }
    }
}

fn is_harmless(id: &str) -> bool {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    (1..=MAX_CHARACTERS).contains(&id.len()) && id.chars().all(legal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_ids_are_kept() {
        let (most, over) = ("x".repeat(MAX_CHARACTERS), "x".repeat(MAX_CHARACTERS + 1));
        for (given, expected) in
            [("a-b_c.9", true), (&*most, true), ("", false), ("a b", false), ("a\"b", false), (&*over, false)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_str(given).unwrap());
            let (id, value) = request_id(&headers);
            assert_eq!(id == given, expected, "{given:?}");
            assert_eq!(value.to_str().unwrap(), id);
        }
    }
}
