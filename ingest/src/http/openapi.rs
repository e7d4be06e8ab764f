//! The OpenAPI 3.1 document, made from the table that the routes are mounted from.

use super::answer::{Answer, json as answer};
use super::api::{Api, HttpSettings, Shared};
use super::body;
use super::sentences::{Language, MAX_MEGAPIXELS, MAX_SIDE_PX, formats, sentence};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::MethodRouter;
use domain::MediaType;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Stands for every accepted picture type in [`Route::takes`].
pub(crate) const PICTURES: &str = "image/*";

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
        operations[route.method.to_ascii_lowercase()] = operation(route, settings);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Semblante",
            "version": env!("CARGO_PKG_VERSION"),
            "description": limits(settings),
            "x-limits": {
                "content_types": picture_types(),
                "max_side_px": MAX_SIDE_PX,
                "max_megapixels": MAX_MEGAPIXELS,
                "max_inline_bytes": settings.max_inline_bytes,
                "max_photo_bytes": settings.max_photo_bytes,
            },
        },
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

fn limits(settings: &HttpSettings) -> String {
    let HttpSettings { max_inline_bytes, max_photo_bytes, .. } = settings;
    let size = sentence("image_too_large", Language::English);
    let size = size.split_once(": ").map_or(size.as_str(), |(_, limits)| limits);
    format!(
        "Photos are {}, by their bytes, whatever their names and declared types say; {size}. A photo in a request has at \
         most {max_inline_bytes} bytes, one that is put to a presigned URL {max_photo_bytes}. A form has one photo. \
         The sentences beside the codes of errors are in English, or in Spanish by \
         Accept-Language.",
        formats()
    )
}

fn picture_types() -> [&'static str; MediaType::ALL.len()] {
    MediaType::ALL.map(MediaType::as_str)
}

/// Of the photo in the body, or of the whole body.
fn max_bytes(route: &Route, settings: &HttpSettings) -> u64 {
    let has_photo = route.takes.iter().any(|media| [PICTURES, "multipart/form-data"].contains(media));
    match (has_photo, route.method) {
        (true, "PUT") => settings.max_photo_bytes,
        (true, _) => settings.max_inline_bytes,
        (false, _) => body::MAX_JSON,
    }
}

fn operation(route: &Route, settings: &HttpSettings) -> Value {
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
        let pictures = picture_types();
        let types = route.takes.iter().flat_map(|media| match *media {
            PICTURES => &pictures[..],
            _ => std::slice::from_ref(media),
        });
        let content: Map<String, Value> = types.map(|media| ((*media).to_owned(), json!({}))).collect();
        let max = max_bytes(route, settings);
        operation["requestBody"] = json!({"description": format!("At most {max} bytes"), "content": content});
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
