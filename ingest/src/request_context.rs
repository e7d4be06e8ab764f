//! Around every request, whoever answers it: its id, and problems written out.

use crate::problem::Problem;
use crate::request_id::{self, REQUEST_ID};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;

/// The outermost layer.
pub async fn around(mut request: Request, next: Next) -> Response {
    let (id, id_header) = request_id::of(request.headers());
    // Whoever names the request further in names it so.
    request.headers_mut().insert(REQUEST_ID, id_header.clone());
    let path = request.uri().path().to_owned();
    let mut response = written(next.run(request).await, &id, &path);
    response.headers_mut().insert(REQUEST_ID, id_header);
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
