//! The OpenAPI document matches the routes.

use crate::client::{Client, send};
use crate::server::Server;
use reqwest::Method;
use serde_json::Value;

#[tokio::test]
async fn every_described_operation_is_there_and_asks_for_a_token_if_it_says_so() {
    let server = Server::start().await;
    let anonymous = Client::anonymous(&server);
    let document = anonymous.get("/openapi.json").await.json();
    assert_eq!(document["openapi"].as_str(), Some("3.1.0"));
    assert_eq!(document["servers"][0]["url"].as_str(), Some(&*server.url));
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 15);
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().expect("operations") {
            let method: Method = method.to_ascii_uppercase().parse().expect("a method");
            let answered = send(anonymous.ask(method.clone(), &path.replace(['{', '}'], ""))).await;
            assert!(![404, 405].contains(&answered.status), "{method} {path}");
            let closed = operation["security"] != Value::Array(Vec::new());
            assert_eq!(answered.status == 401, closed, "{method} {path}: {}", answered.status);
            if operation["requestBody"]["content"]["multipart/form-data"].is_object() {
                let told = operation["requestBody"]["description"].as_str().expect("a limit");
                assert!(told.contains(&format!("at most {} bytes", 10 << 20)), "{path}: {told}");
            }
            assert!(operation["summary"].is_string() && operation["responses"]["default"].is_object());
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
