//! Around every request, whoever answers it: its id, its trace, and problems written out.

use crate::problem::Problem;
use crate::request_id::{self, REQUEST_ID};
use crate::trace::{self, TRACEPARENT};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, error_span};

/// The outermost layer.
pub async fn around(mut request: Request, next: Next) -> Response {
    let (id, id_header) = request_id::of(request.headers());
    let trace = trace::begin(request.headers());
    // Whoever names the request or its trace further in names them so.
    request.headers_mut().insert(REQUEST_ID, id_header.clone());
    request.headers_mut().insert(TRACEPARENT, trace::header(&trace));
    let path = request.uri().path().to_owned();
    let span = error_span!("request", trace.id = trace.trace_id(), request.id = id);
    let mut response = written(next.run(request).instrument(span).await, &id, &path);
    response.headers_mut().insert(REQUEST_ID, id_header);
    response.headers_mut().insert(TRACEPARENT, trace::header(&trace));
    response
}

/// Problems, and errors that the framework made, as `application/problem+json`.
fn written(mut response: Response, id: &str, path: &str) -> Response {
    let status = response.status();
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem.write(id, path),
        None if status.is_client_error() || status.is_server_error() => {
            let mut problem = Problem::of_status(status);
            if let Some(allow) = response.headers_mut().remove(header::ALLOW) {
                problem = problem.with_header(header::ALLOW, allow);
            }
            problem.write(id, path)
        }
        None => response,
    }
}
