//! The OpenAPI document matches the routes.

use crate::client::{Client, declaration, send};
use crate::server::Server;
use domain::MediaType;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// Routes that are mounted beside the list of described ones, and why they are not described.
const UNDESCRIBED: [(&str, &str); 6] = [
    ("/", "the gallery page"),
    ("/web/{file}", "the files of the pages"),
    ("/docs", "a page for people"),
    ("problem_codes::PAGE", "a page for people"),
    ("/api/v1/users/", "a described path as older clients write it"),
    ("/metrics", "served on an address of its own"),
];

/// What the sources give to `.route(`: a path, or the name of one.
fn mounted_by_hand(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            mounted_by_hand(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source file");
        let arguments = text.split(".route(").skip(1).map(|rest| rest.trim_start().trim_start_matches('"'));
        found.extend(arguments.map(|rest| rest.split(['"', ',']).next().unwrap_or_default().to_owned()));
    }
}

#[test]
fn routes_are_described_or_have_a_reason_not_to_be() {
    let mut found = BTreeSet::new();
    mounted_by_hand(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut found);
    let expected: BTreeSet<String> = UNDESCRIBED.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(found, expected, "describe it with `routes!`, or give a reason here");
}

#[tokio::test]
async fn undescribed_routes_are_not_in_the_document_and_other_spellings_lead_to_it() {
    let server = Server::start().await;
    let anonymous = Client::anonymous(&server);
    let document = anonymous.get("/openapi.json").await.json();
    for (path, reason) in UNDESCRIBED {
        assert!(document["paths"][path].is_null(), "{path}: {reason}");
    }
    for (path, kind) in [
        ("/", "text/html; charset=utf-8"),
        ("/docs", "text/html; charset=utf-8"),
        ("/docs/problems", "text/html; charset=utf-8"),
        ("/web/docs.js", "text/javascript; charset=utf-8"),
    ] {
        let answered = anonymous.get(path).await;
        assert_eq!((answered.status, answered.header("content-type")), (200, kind), "{path}");
    }
    // The client follows the redirect of a described path with a slash at its end.
    for path in ["/docs/", "/openapi.json/", "//healthz"] {
        assert_eq!(anonymous.get(path).await.status, 200, "{path}");
    }
}

/// The limits that the schemas state are those that the server applies.
#[tokio::test]
async fn described_lengths_are_the_limits() {
    let server = Server::start().await;
    let document = Client::anonymous(&server).get("/openapi.json").await.json();
    let ana = Client::of(&server, "ana@acme");
    let schemas = &document["components"]["schemas"];
    let max = |schema: &str, field: &str| {
        let told = &schemas[schema]["properties"][field]["maxLength"];
        told.as_u64().unwrap_or_else(|| panic!("{schema}.{field} has no maxLength")) as usize
    };
    let longest = max("DeclareRequest", "filename");
    for (length, status) in [(longest, 201), (longest + 1, 422)] {
        let mut declared = declaration(&length.to_le_bytes());
        declared["filename"] = json!("x".repeat(length));
        assert_eq!(ana.post("/uploads", &declared).await.status, status, "filename of {length}");
    }
    let id = ana.upload(crate::client::PHOTO).await;
    server.drain().await;
    let longest = max("ReplayRequest", "reason");
    for (length, status) in [(longest + 1, 422), (longest, 202)] {
        let order = json!({"from_stage": "image-generation", "reason": "x".repeat(length)});
        let answered = ana.post(&format!("/uploads/{id}/replay"), &order).await;
        assert_eq!(answered.status, status, "reason of {length}: {answered:?}");
    }
    let parameters = document["paths"]["/uploads"]["get"]["parameters"].as_array().expect("parameters");
    let limit = parameters.iter().find(|one| one["name"] == "limit").expect("limit");
    let (min, max) = (limit["schema"]["minimum"].as_u64(), limit["schema"]["maximum"].as_u64());
    for (limit, status) in
        [(min, 200), (max, 200), (min.map(|min| min - 1), 400), (max.map(|max| max + 1), 400)]
    {
        let limit = limit.expect("a bound");
        assert_eq!(ana.get(&format!("/uploads?limit={limit}")).await.status, status, "limit {limit}");
    }
    for (length, status) in [(255, 201), (256, 400)] {
        let key = "k".repeat(length);
        let body = declaration(&key.len().to_be_bytes());
        let request = ana.ask(Method::POST, "/uploads").header("idempotency-key", key);
        let answered = send(request.header("content-type", "application/json").body(body.to_string())).await;
        assert_eq!(answered.status, status, "Idempotency-Key of {length}: {answered:?}");
    }
    let told = document["components"]["parameters"]["Idempotency-Key"]["schema"]["maxLength"].as_u64();
    assert_eq!(told, Some(255));
}

#[tokio::test]
async fn every_described_operation_is_there_and_asks_for_a_token_if_it_says_so() {
    let server = Server::start().await;
    let anonymous = Client::anonymous(&server);
    let document = anonymous.get("/openapi.json").await.json();
    assert_eq!(document["openapi"].as_str(), Some("3.1.0"));
    assert_eq!(document["servers"][0]["url"].as_str(), Some(&*server.url));
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 15);
    let mut ids = BTreeSet::new();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().expect("operations") {
            let method: Method = method.to_ascii_uppercase().parse().expect("a method");
            let answered = send(anonymous.ask(method.clone(), &path.replace(['{', '}'], ""))).await;
            assert!(![404, 405].contains(&answered.status), "{method} {path}");
            let closed = operation["security"] != Value::Array(Vec::new());
            assert_eq!(answered.status == 401, closed, "{method} {path}: {}", answered.status);
            if operation["requestBody"]["content"]["multipart/form-data"].is_object() {
                let told = operation["requestBody"]["description"].as_str().expect("a limit");
                assert!(told.contains(&format!("At most {} bytes", 10 << 20)), "{path}: {told}");
            }
            assert!(operation["summary"].is_string() && operation["responses"]["default"].is_object());
            let id = operation["operationId"].as_str().expect("an operationId");
            assert!(ids.insert(id.to_owned()), "{id} comes twice");
            let responses = operation["responses"].as_object().expect("responses");
            let told = responses.get(&answered.status.to_string()).unwrap_or(&Value::Null);
            let codes = &told["x-codes"];
            if answered.status >= 400 {
                let code = &answered.json()["code"];
                assert!(
                    codes.as_array().is_some_and(|codes| codes.contains(code)),
                    "{method} {path}: {code} in {told}"
                );
            }
            let answers_json = |(status, response): (&String, &Value)| {
                let schema = &response["content"]["application/json"]["schema"];
                !status.starts_with('2')
                    || status == "204"
                    || path.starts_with("/objects")
                    || schema.is_object()
            };
            assert!(responses.iter().all(answers_json), "{method} {path} does not describe an answer");
            for parameter in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                let told = operation["parameters"].as_array().expect("parameters");
                assert!(
                    told.iter().any(|told| told["name"] == parameter),
                    "{path} does not tell {parameter}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_limits_are_described() {
    let server = Server::start().await;
    let document = Client::anonymous(&server).get("/openapi.json").await.json();
    let limits = &document["info"]["x-limits"];
    let types: Vec<&str> = MediaType::ALL.iter().map(|media_type| media_type.as_str()).collect();
    assert_eq!(limits["content_types"], json!(types));
    let told = document["info"]["description"].as_str().expect("a text");
    assert!(told.contains("30,000 pixels a side, and 200 megapixels as JPEG"), "{told}");
    for key in ["max_inline_bytes", "max_photo_bytes"] {
        let limit = limits[key].as_u64().expect("a number");
        assert!(told.contains(&limit.to_string()), "{key}: {told}");
    }
    for (path, method, limit) in [
        ("/detect-faces", "post", "max_inline_bytes"),
        ("/upload-image", "post", "max_inline_bytes"),
        ("/objects/{key}", "put", "max_photo_bytes"),
    ] {
        let body = &document["paths"][path][method]["requestBody"];
        let told = body["description"].as_str().expect("a limit");
        assert!(told.starts_with(&format!("At most {} bytes", limits[limit])), "{path}: {told}");
        if path != "/upload-image" {
            assert!(types.iter().all(|media_type| body["content"][*media_type].is_object()), "{body}");
        }
    }
    // The very limit is accepted, and one byte more is not.
    let limit = limits["max_photo_bytes"].as_u64().expect("a number");
    let ana = Client::of(&server, "ana@acme");
    for (length, status) in [(limit, 201), (limit + 1, 413)] {
        let mut declared = declaration(&length.to_le_bytes());
        declared["content_length"] = json!(length);
        assert_eq!(ana.post("/uploads", &declared).await.status, status);
    }
}
