//! The Spanish routes, with the requests of their documentation as they stand there.

use crate::server::{PASSWORD, Reply, Server};
use serde_json::{Value, json};

const CREATE: &str = "/usuarios/crear";
const LOGIN: &str = "/usuarios/login";
/// The bodies of its two curl lines.
const ADMIN: &str =
    r#"{"tenant_id":"6200millas","user_id":"admin@6200millas.pe","password":"Secreta123","role":"admin"}"#;
const LOG_IN: &str = r#"{"tenant_id":"6200millas","user_id":"admin@6200millas.pe","password":"Secreta123"}"#;

async fn open() -> Server {
    Server::start_with(|settings| settings.tenant_signup = true).await
}

async fn send(server: &Server, path: &str, body: &str) -> Reply {
    server.send("POST", path, &[], body.as_bytes()).await
}

async fn create(server: &Server, tenant: &str, user: &str, role: Option<&str>) -> Reply {
    let mut body = json!({"tenant_id": tenant, "user_id": user, "password": PASSWORD});
    if let Some(role) = role {
        body["role"] = json!(role);
    }
    server.post(CREATE, &body).await
}

#[tokio::test]
async fn the_documented_requests_get_the_documented_answers() {
    let server = open().await;
    let created = send(&server, CREATE, ADMIN).await;
    let expected = json!({"message": "Usuario registrado", "tenant_id": "6200millas",
        "user_id": "admin@6200millas.pe", "role": "admin"});
    assert_eq!((created.status, created.body), (200, expected));
    let again = send(&server, CREATE, ADMIN).await;
    assert_eq!((again.status, again.body), (200, json!({"message": "Usuario ya existe"})));
    let customer = create(&server, "6200millas", "ana@6200millas.pe", None).await;
    assert_eq!((customer.status, &customer.body["role"]), (200, &json!("customer")));

    let logged_in = send(&server, LOGIN, LOG_IN).await;
    assert_eq!((logged_in.status, &logged_in.body["role"]), (200, &json!("admin")));
    assert_eq!(logged_in.body["expires"], "2026-01-01T01:00:00Z");
    assert_eq!(logged_in.body.as_object().expect("an object").len(), 3);
    assert!(uuid::Uuid::parse_str(&logged_in.text("token")).is_ok(), "{}", logged_in.body);
    for (body, status) in [
        (json!({"tenant_id": "6200millas", "user_id": "admin@6200millas.pe", "password": "wrong"}), 403),
        (json!({"tenant_id": "6200millas", "user_id": "eve@6200millas.pe", "password": PASSWORD}), 403),
        (json!({"tenant_id": "other", "user_id": "admin@6200millas.pe", "password": PASSWORD}), 403),
    ] {
        server.post(LOGIN, &body).await.expect(status, "wrong_credentials");
    }
    for (path, body) in [
        (LOGIN, json!({"user_id": "admin@6200millas.pe", "password": PASSWORD})),
        (LOGIN, json!({"tenant_id": "6200millas", "password": PASSWORD})),
        (LOGIN, json!({"tenant_id": "6200millas", "user_id": "admin@6200millas.pe"})),
        (CREATE, json!({"user_id": "b@x.pe", "password": PASSWORD})),
        (CREATE, json!({"tenant_id": "6200millas", "password": PASSWORD})),
        (CREATE, json!({"tenant_id": "6200millas", "user_id": "b@x.pe"})),
        (CREATE, json!({"tenant_id": "6200millas", "user_id": "b@x.pe", "password": null})),
        (CREATE, json!({})),
    ] {
        server.post(path, &body).await.expect(400, "missing_field");
    }
    for (field, value, code) in [
        ("role", "root", "invalid_role"),
        ("role", "operator", "invalid_role"),
        ("user_id", "no address", "invalid_user_id"),
        ("tenant_id", "../x", "invalid_tenant_id"),
        ("password", "short", "invalid_password"),
    ] {
        let mut body: Value = serde_json::from_str(ADMIN).expect("JSON");
        body[field] = json!(value);
        server.post(CREATE, &body).await.expect(400, code);
    }
}

#[tokio::test]
async fn an_opaque_token_is_a_bearer_for_an_hour() {
    let server = open().await;
    send(&server, CREATE, ADMIN).await;
    let token = send(&server, LOGIN, LOG_IN).await.text("token");
    let me = server.who_am_i(&token).await;
    assert_eq!(
        (me.status, &me.body["tenant_id"], &me.body["role"]),
        (200, &json!("6200millas"), &json!("admin"))
    );
    assert_eq!(server.with("GET", "/api/v1/users/", &token).await.body["users"], json!([me.body]));
    assert_eq!(
        server.with("GET", "/api/v1/auth/sessions", &token).await.body["sessions"][0]["current"],
        true
    );
    // One kind is never taken for another.
    server.refresh(&token).await.expect(401, "invalid_token");
    server.post("/api/v1/token/refresh", &json!({"refresh_token": token})).await.expect(401, "invalid_token");
    let headers = [format!("cookie: __Host-refresh={token}"), "x-semblante-page: 1".to_owned()];
    server.send("POST", "/api/v1/token/refresh", &headers, b"").await.expect(401, "no_session");
    for forged in [uuid::Uuid::nil().to_string(), token.replace('-', ""), format!("{token}x")] {
        server.who_am_i(&forged).await.expect(401, "invalid_token");
    }
    server.wind(3599);
    assert_eq!(server.who_am_i(&token).await.status, 200);
    server.wind(1);
    server.who_am_i(&token).await.expect(401, "invalid_token");

    let token = send(&server, LOGIN, LOG_IN).await.text("token");
    assert_eq!(server.with("POST", "/api/v1/auth/logout", &token).await.status, 204);
    server.who_am_i(&token).await.expect(401, "invalid_token");
}

/// The document warns: users must not appoint themselves.
#[tokio::test]
async fn only_the_founder_of_a_tenant_is_its_admin() {
    let server = open().await;
    create(&server, "default", "eve@x.pe", Some("admin")).await.expect(403, "role_not_allowed");
    create(&server, "6200millas", "eve@x.pe", None).await.expect(403, "tenant_closed");
    send(&server, CREATE, ADMIN).await;
    create(&server, "6200millas", "eve@x.pe", Some("admin")).await.expect(403, "role_not_allowed");
    let (a, b) = tokio::join!(
        create(&server, "race", "a@x.pe", Some("admin")),
        create(&server, "race", "b@x.pe", Some("admin"))
    );
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403], "{} {}", a.body, b.body);
    let own = create(&server, "default", "ana@x.pe", Some("customer")).await;
    assert_eq!(own.body["role"], "customer");
    let closed = Server::start().await;
    send(&closed, CREATE, ADMIN).await.expect(403, "role_not_allowed");
}

#[tokio::test]
async fn guesses_are_throttled_here_too() {
    let server = open().await;
    send(&server, CREATE, ADMIN).await;
    let wrong = LOG_IN.replace(PASSWORD, "wrong password");
    for _ in 0..10 {
        send(&server, LOGIN, &wrong).await.expect(403, "wrong_credentials");
    }
    send(&server, LOGIN, LOG_IN).await.expect(429, "too_many_requests");
}
