//! The OpenAPI 3.1 document, made from the table that the routes are mounted from.

use super::answer::{Answer, json as answer};
use super::api::{Api, HttpSettings, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::MethodRouter;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// A route as it is mounted and described.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    /// Names of query parameters.
    pub(crate) query: &'static [&'static str],
    /// Media types of the body.
    pub(crate) takes: &'static [&'static str],
    /// The statuses of successful answers.
    pub(crate) answers: &'static [(u16, &'static str)],
    /// The route needs no token.
    pub(crate) open: bool,
    /// Runs to its end even if the client leaves.
    pub(crate) writes: bool,
    pub(crate) mount: fn() -> MethodRouter<Arc<Api>>,
}

pub(crate) async fn get(State(api): Shared) -> Answer {
    Ok(answer(StatusCode::OK, &api.openapi))
}

pub(crate) fn document(routes: &[Route], settings: &HttpSettings) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let operations = paths.entry(openapi_path(route.path)).or_insert_with(|| json!({}));
        operations[route.method.to_ascii_lowercase()] = operation(route, settings.max_inline_bytes);
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Semblante", "version": env!("CARGO_PKG_VERSION")},
        "servers": [{"url": settings.public_url}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": problem()},
        },
    })
}

/// Axum's wildcard is an ordinary parameter to OpenAPI.
fn openapi_path(path: &str) -> String {
    path.replace("{*", "{")
}

fn parameters(path: &str) -> Vec<Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| json!({"name": name.trim_start_matches('*'), "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect()
}

fn operation(route: &Route, max_inline_bytes: u64) -> Value {
    let mut parameters = parameters(route.path);
    let query = route.query.iter();
    parameters.extend(query.map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}})));
    let mut responses: Map<String, Value> = route
        .answers
        .iter()
        .map(|(status, description)| (status.to_string(), json!({"description": description})))
        .collect();
    responses.insert(
        "default".into(),
        json!({
            "description": "What went wrong",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }),
    );
    let security = if route.open { json!([]) } else { json!([{"bearer": []}]) };
    let mut operation = json!({"summary": route.summary, "parameters": parameters, "responses": responses, "security": security});
    if !route.takes.is_empty() {
        let taken = route.takes.iter().map(|media| ((*media).to_owned(), json!({})));
        operation["requestBody"] = json!({"content": taken.collect::<Map<_, _>>()});
        if route.takes.contains(&"multipart/form-data") {
            operation["requestBody"]["description"] = format!(
                "A photo of at most {max_inline_bytes} bytes. POST /uploads gives a presigned URL for larger ones."
            )
            .into();
        }
    }
    operation
}

fn problem() -> Value {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
        "properties": {
            "type": text, "title": text, "status": {"type": "integer"}, "detail": text,
            "instance": text, "code": text, "request_id": text,
        },
    })
}
