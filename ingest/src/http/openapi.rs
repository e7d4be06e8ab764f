//! The OpenAPI 3.1 document: what the handlers say of themselves, with what is true of every route.

use super::answer::{Answer, json as answer};
use super::api::{HttpSettings, Shared};
use super::body;
use super::sentences::{Language, MAX_MEGAPIXELS, MAX_SIDE_PX, formats, sentence};
use super::words;
use crate::problem::ProblemDocument;
use axum::extract::State;
use axum::http::StatusCode;
use domain::MediaType;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::PartialSchema;
use utoipa::openapi::OpenApi;

const ALWAYS_JSON: &str = "a description is always JSON";

/// Stands for every accepted picture type in a described body.
const PICTURES: &str = "image/*";

/// What every route may answer.
const ALWAYS: [&str; 5] =
    ["400 bad_host", "408 request_timeout", "500 internal", "503 busy", "503 traffic_off"];
const WITH_TOKEN: [&str; 2] = ["401 invalid_token", "401 missing_token"];
const WITH_BODY: [&str; 2] = ["400 incomplete_body", "413 too_large"];
/// A part of the path may be no text.
const WITH_PATH: [&str; 1] = ["400 bad_request"];
const WITH_JSON: [&str; 2] = ["400 bad_json", "422 invalid_field"];
const WRITES: [&str; 2] = ["409 changed_meanwhile", "507 storage_full"];
/// Operations whose answers name an upload, and the member that does.
const NAME_AN_UPLOAD: [(&str, &str); 8] = [
    ("declare_upload", "upload_id"),
    ("upload_image", "upload_id"),
    ("upload_photo", "upload_id"),
    ("detect_faces", "image_id"),
    ("generate_image", "upload_id"),
    ("get_generated_image", "upload_id"),
    ("generate_melody", "upload_id"),
    ("get_generated_melody", "upload_id"),
];
const OF_AN_UPLOAD: [&str; 6] =
    ["get_upload", "get_faces", "replay_upload", "correct_emotion", "renew_upload_url", "erase_upload"];
/// Routes that are answered while traffic is off.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// The description of the API.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "get_description", tag = "operation", security(()),
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json", body = Object)),
)]
pub(crate) async fn get(State(api): Shared) -> Answer {
    Ok(answer(StatusCode::OK, &api.openapi))
}

pub(crate) fn document(described: &OpenApi, settings: &HttpSettings) -> Value {
    let mut document = serde_json::to_value(described).expect(ALWAYS_JSON);
    document["info"] = json!({
        "title": "Semblante",
        "version": env!("CARGO_PKG_VERSION"),
        "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        "description": limits(settings),
        "x-limits": {
            "content_types": picture_types(),
            "max_side_px": MAX_SIDE_PX,
            "max_megapixels": MAX_MEGAPIXELS,
            "max_inline_bytes": settings.max_inline_bytes,
            "max_photo_bytes": settings.max_photo_bytes,
        },
    });
    document["servers"] = json!([{"url": settings.public_url}]);
    document["paths"] = paths(document["paths"].take(), settings);
    document["tags"] = tags(&document["paths"]);
    let components = &mut document["components"];
    components["securitySchemes"] = json!({
        "bearer": {"type": "http", "scheme": "bearer", "description": "An access token: that of a signup, a login or a refresh, or an opaque one."},
        "refresh": {"type": "http", "scheme": "bearer", "description": "A refresh token."},
        "page": {"type": "apiKey", "in": "cookie", "name": "__Host-refresh", "description": "The gallery page's refresh token, with the header X-Semblante-Page."},
    });
    components["parameters"] = parameters();
    components["headers"] = headers();
    components["schemas"]["DeclareRequest"]["properties"]["content_length"]["maximum"] =
        json!(settings.max_photo_bytes);
    components["schemas"]["ProblemCode"] =
        serde_json::to_value(words::ProblemCode::schema()).expect(ALWAYS_JSON);
    components["schemas"]["Problem"] = serde_json::to_value(ProblemDocument::schema()).expect(ALWAYS_JSON);
    document
}

fn paths(described: Value, settings: &HttpSettings) -> Value {
    let Value::Object(described) = described else { return json!({}) };
    let finished = described.into_iter().map(|(path, mut item)| {
        // Axum's wildcard is an ordinary parameter to OpenAPI.
        let path = path.replace("{*", "{");
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            finish(operation, &path, method, settings);
        }
        (path, item)
    });
    Value::Object(finished.collect())
}

fn tags(paths: &Value) -> Value {
    let operations =
        paths.as_object().into_iter().flatten().flat_map(|(_, item)| item.as_object().into_iter().flatten());
    let named: BTreeSet<&str> =
        operations.filter_map(|(_, operation)| operation["tags"][0].as_str()).collect();
    let described = named.into_iter().map(|tag| {
        let description = match tag {
            "accounts" => "Signing up, logging in, and sessions.",
            "faces" => "Faces under e-mail addresses, and photos that are compared with them.",
            "gallery" => "Finished uploads.",
            "making" => "Pictures and melodies from an emotion.",
            "objects" => "Photos, pictures and melodies by signed links.",
            "operation" => "For operators and programs.",
            "photos in a request" => "Photos in the body of a request.",
            _ => "Photos on their way through the pipeline.",
        };
        json!({"name": tag, "description": description})
    });
    Value::Array(described.collect())
}

/// Replaces the short forms of a handler's description by what they stand for.
fn finish(operation: &mut Value, path: &str, method: &str, settings: &HttpSettings) {
    let Some(fields) = operation.as_object_mut() else { return };
    let mut list = |name: &str| -> Vec<String> {
        let listed = fields.remove(name).and_then(|listed| serde_json::from_value(listed).ok());
        listed.unwrap_or_default()
    };
    let (takes, gives, problems) = (list("x-takes"), list("x-gives"), list("x-problems"));
    let open = fields["security"] == json!([{}]);
    if open {
        fields.insert("security".into(), json!([]));
    }
    body_types(fields, method, settings);
    link_uploads(fields);
    let always = ["X-Request-Id", "Accept-Language"].map(str::to_owned);
    let sent = fields.entry("parameters").or_insert_with(|| json!([]));
    if let Value::Array(sent) = sent {
        let named = takes.iter().chain(&always);
        sent.extend(named.map(|name| json!({"$ref": format!("#/components/parameters/{name}")})));
    }
    let problems = all_problems(fields, problems, open, path, method);
    let responses = &mut fields["responses"];
    for (status, codes) in &problems {
        responses[status] = problem_response(status, codes);
    }
    responses["default"] = json!({
        "description": "Another failure",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    for (status, response) in responses.as_object_mut().into_iter().flatten() {
        let mut names = vec!["X-Request-Id"];
        names.extend(gives.iter().filter_map(|given| given.strip_prefix(status)?.strip_prefix(' ')));
        names.extend(match status.as_str() {
            "401" => Some("WWW-Authenticate"),
            "429" | "503" => Some("Retry-After"),
            _ => None,
        });
        let headers: Map<String, Value> = names
            .into_iter()
            .map(|name| (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")})))
            .collect();
        response["headers"] = Value::Object(headers);
    }
}

/// Links from the answers that name an upload to the routes of that upload.
fn link_uploads(operation: &mut Map<String, Value>) {
    let made =
        operation["operationId"].as_str().and_then(|id| NAME_AN_UPLOAD.iter().find(|(made, _)| *made == id));
    let Some((_, member)) = made else { return };
    let link = |id: &&str| {
        let parameters = json!({"id": format!("$response.body#/{member}")});
        ((*id).to_owned(), json!({"operationId": id, "parameters": parameters}))
    };
    for (_, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        response["links"] = Value::Object(OF_AN_UPLOAD.iter().map(link).collect());
    }
}

/// The accepted picture types, and the limit of a body.
fn body_types(operation: &mut Map<String, Value>, method: &str, settings: &HttpSettings) {
    let tag = operation["tags"][0].as_str().unwrap_or_default().to_owned();
    let Some(body) = operation.get_mut("requestBody") else { return };
    let Some(content) = body["content"].as_object_mut() else { return };
    let of_faces = tag == "faces";
    let has_photo = of_faces || content.contains_key(PICTURES) || content.contains_key("multipart/form-data");
    for (_, media) in content.iter_mut() {
        // A body may be absent; it is never null.
        let choices = media["schema"]["oneOf"].as_array();
        if let Some(schema) =
            choices.and_then(|choices| choices.iter().find(|schema| schema["type"] != "null"))
        {
            media["schema"] = schema.clone();
        }
    }
    if content.remove(PICTURES).is_some() {
        content.extend(picture_types().map(|media| {
            let bytes = json!({"schema": {"type": "string", "format": "binary"}});
            (media.to_owned(), bytes)
        }));
    }
    let max = match (has_photo, method) {
        (true, "put") => settings.max_photo_bytes,
        (true, _) => settings.max_inline_bytes,
        (false, _) => body::MAX_JSON,
    };
    body["description"] = json!(format!("At most {max} bytes"));
}

/// The codes by status: those of the handler, and those of all routes of its kind.
fn all_problems(
    operation: &Map<String, Value>,
    mut problems: Vec<String>,
    open: bool,
    path: &str,
    method: &str,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut add = |codes: &[&str]| problems.extend(codes.iter().map(|code| (*code).to_owned()));
    add(&ALWAYS);
    if !open {
        add(&WITH_TOKEN);
    }
    if path.contains('{') {
        add(&WITH_PATH);
    }
    if let Some(body) = operation.get("requestBody") {
        add(&WITH_BODY);
        let content = &body["content"];
        if content["application/json"].is_object() {
            add(&WITH_JSON);
            if content["multipart/form-data"].is_null() {
                add(&["415 not_json"]);
            }
        }
    }
    if method != "get" || path.starts_with("/generate-") {
        add(&WRITES);
    }
    problems.retain(|problem| !(HEALTH.contains(&path) && problem == "503 traffic_off"));
    let mut by_status: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (status, code) in problems.iter().filter_map(|problem| problem.split_once(' ')) {
        by_status.entry(status.to_owned()).or_default().insert(code.to_owned());
    }
    by_status
}

fn problem_response(status: &str, codes: &BTreeSet<String>) -> Value {
    let phrase = StatusCode::from_bytes(status.as_bytes()).ok().and_then(|status| status.canonical_reason());
    let named: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    json!({
        "description": format!("{}: {}", phrase.unwrap_or("Problem"), named.join(", ")),
        "x-codes": codes,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    })
}

fn parameters() -> Value {
    let header = |name: &str, description: &str, schema: Value| json!({"name": name, "in": "header", "description": description, "schema": schema});
    json!({
        "X-Request-Id": header("X-Request-Id", "The caller's id of the request, which the answer and the log repeat; one over 128 characters is replaced.", json!({"type": "string"})),
        "Accept-Language": header("Accept-Language", "The language of sentences: English, or Spanish.", json!({"type": "string", "examples": ["es"]})),
        "Prefer": header("Prefer", "`wait=N` (RFC 7240): answer when it is done, or after N seconds.", json!({"type": "string", "examples": ["wait=20"]})),
        "Idempotency-Key": header("Idempotency-Key", "A repeat with the same key and body leads to the same resource.", json!({"type": "string", "minLength": 1, "maxLength": 255})),
        "If-None-Match": header("If-None-Match", "The ETag that the caller has: 304 while it is unchanged.", json!({"type": "string"})),
        "X-Semblante-Page": header("X-Semblante-Page", "`1`: the request means the cookie.", json!({"type": "string", "enum": ["1"]})),
        "Range": header("Range", "One range of bytes: 206.", json!({"type": "string", "examples": ["bytes=0-1023"]})),
        "If-Range": header("If-Range", "Serve the range only while the ETag is this one.", json!({"type": "string"})),
    })
}

fn headers() -> Value {
    let header = |description: &str, schema: Value| json!({"description": description, "schema": schema});
    let text = || json!({"type": "string"});
    json!({
        "X-Request-Id": header("The id of the request.", text()),
        "ETag": header("The version of what is answered, without links.", text()),
        "Vary": header("The headers on which the answer depends.", text()),
        "Location": header("The URL of the status document.", serde_json::to_value(words::Link::schema()).expect(ALWAYS_JSON)),
        "Retry-After": header("Seconds until a repeat is useful.", json!({"type": "integer", "minimum": 1})),
        "Preference-Applied": header("The wait that was applied.", json!({"type": "string", "examples": ["wait=20"]})),
        "WWW-Authenticate": header("The challenge (RFC 6750).", text()),
        "Set-Cookie": header("The page's refresh token, or its end.", text()),
        "Accept-Ranges": header("`bytes`", text()),
        "Content-Range": header("The bytes of the answer, and the size of the object.", text()),
    })
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
