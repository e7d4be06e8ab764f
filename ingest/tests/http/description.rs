//! The OpenAPI document matches the routes.

use crate::client::{Client, declaration, send};
use crate::server::Server;
use domain::MediaType;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

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
            let told = &responses.get(&answered.status.to_string()).unwrap_or(&Value::Null)["content"];
            let codes =
                &told["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["examples"];
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
