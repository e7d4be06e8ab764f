//! Malformed and oversized bodies.

use crate::server::{PASSWORD, Server};
use serde_json::json;

const SIGNUP: &str = "/api/v1/auth/signup";
const ROUTES: [&str; 3] = [SIGNUP, "/api/v1/auth/login", "/api/v1/token/refresh"];

#[tokio::test]
async fn bodies_must_be_json_objects() {
    let server = Server::start().await;
    for path in ROUTES {
        for body in [&b"{"[..], b"[]", b"null", b"\"x\"", b"\xff\xfe", b"email=a@x&password=Secreta123"] {
            server.send("POST", path, &[], body).await.expect(400, "bad_json");
        }
    }
}

/// A form of another site can send texts, and no `application/json`.
#[tokio::test]
async fn bodies_of_another_type_are_refused() {
    let server = Server::start().await;
    let body = json!({"email": "ana@example.com", "password": PASSWORD}).to_string();
    for path in ROUTES {
        for content_type in ["text/plain", "application/x-www-form-urlencoded", ""] {
            let header = [format!("content-type: {content_type}")];
            server.send("POST", path, &header, body.as_bytes()).await.expect(415, "not_json");
        }
    }
    let header = ["content-type: application/json; charset=utf-8".to_owned()];
    assert_eq!(server.send("POST", SIGNUP, &header, body.as_bytes()).await.status, 201);
}

#[tokio::test]
async fn a_key_that_comes_twice_is_refused() {
    let server = Server::start().await;
    let body = br#"{"email":"ana@example.com","password":"Secreta123","role":"customer","role":"admin"}"#;
    server.send("POST", SIGNUP, &[], body).await.expect(400, "bad_json");
}

#[tokio::test]
async fn huge_bodies_are_refused() {
    let server = Server::start().await;
    let body = json!({"email": "a@x", "password": "x".repeat(1_000_000)}).to_string();
    for path in ROUTES {
        server.send("POST", path, &[], body.as_bytes()).await.expect(413, "too_large");
    }
}

#[tokio::test]
async fn invalid_fields_are_named() {
    let server = Server::start().await;
    for (body, code) in [
        (json!({}), "missing_field"),
        (json!({"email": "ana@example.com"}), "missing_field"),
        (json!({"email": null, "password": PASSWORD}), "missing_field"),
        (json!({"email": 1, "password": PASSWORD}), "invalid_field"),
        (json!({"email": "ana", "password": PASSWORD}), "invalid_email"),
        (json!({"email": "a\u{0}na@example.com", "password": PASSWORD}), "invalid_email"),
        (json!({"email": "ana@example.com", "password": "1234567"}), "invalid_password"),
        (json!({"email": "ana@example.com", "password": "x".repeat(1025)}), "invalid_password"),
        (json!({"email": "ana@example.com", "password": PASSWORD, "name": "a\nb"}), "invalid_name"),
    ] {
        server.post(SIGNUP, &body).await.expect(422, code);
    }
}

#[tokio::test]
async fn a_request_keeps_its_id() {
    let server = Server::start().await;
    let reply = server.send("POST", SIGNUP, &["x-request-id: abc-1".into()], b"{").await;
    reply.expect(400, "bad_json");
    assert_eq!(reply.body["request_id"], "abc-1");
    assert_eq!(reply.body["instance"], SIGNUP);
    let forged = server.send("POST", SIGNUP, &["x-request-id: \"}<script>".into()], b"{").await;
    assert!(!forged.body["request_id"].as_str().unwrap().contains("script"));
}
