//! The demo user, and what an installation says of itself.

use crate::server::{PASSWORD, Reply, Server};
use domain::{Email, TenantId, ports::Users as _};
use embedded::Users;
use serde_json::json;

const DEMO: &str = "/api/v1/auth/demo";

async fn with_demo_user() -> Server {
    Server::start_with(|settings| settings.demo_user = true).await
}

async fn begin(server: &Server, lines: &[&str]) -> Reply {
    let headers: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    server.send("POST", DEMO, &headers, br#"{"session":"cookie"}"#).await
}

#[tokio::test]
async fn the_demo_user_is_one_customer_without_a_password() {
    let server = with_demo_user().await;
    let (first, second) = tokio::join!(begin(&server, &[]), begin(&server, &[]));
    let third = server.send("POST", DEMO, &[], b"").await;
    for reply in [&first, &second, &third] {
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(
            (&reply.body["role"], &reply.body["user"]["tenant_id"]),
            (&json!("customer"), &json!("default"))
        );
        assert_eq!(reply.body["user"], first.body["user"]);
        assert_eq!(server.who_am_i(&reply.text("access_token")).await.status, 200);
    }
    assert_eq!(server.refresh(&third.text("refresh_token")).await.status, 200);
    let line = format!("cookie: __Host-refresh={}", first.cookie());
    let headers = [line, "x-semblante-page: 1".to_owned()];
    assert_eq!(server.send("POST", "/api/v1/token/refresh", &headers, b"").await.status, 200);

    let email = first.body["user"]["email"].as_str().expect("an address");
    for password in ["", PASSWORD, "demo"] {
        server.log_in(email, password).await.expect(401, "wrong_credentials");
    }
    server.sign_up(email).await.expect(409, "email_taken");
    let headers = [format!("authorization: Bearer {}", first.text("access_token"))];
    let body = json!({"password": "", "new_password": PASSWORD}).to_string();
    let reply = server.send("POST", "/api/v1/auth/password", &headers, body.as_bytes()).await;
    reply.expect(409, "no_password");
}

#[tokio::test]
async fn no_signup_takes_the_demo_users_address_first() {
    let server = Server::start().await;
    begin(&server, &[]).await.expect(404, "no_demo_user");
    server.sign_up("Demo@Semblante.invalid").await.expect(409, "email_taken");
}

/// A page that the user of this machine has open does not get the demo user's photos.
#[tokio::test]
async fn pages_of_other_sites_get_no_demo_session() {
    let server = with_demo_user().await;
    for lines in [
        &["origin: https://evil.example"][..],
        &["origin: null"],
        // The name of another site leads to this address (DNS rebinding).
        &["host: evil.example"],
        &["host: evil.example", "origin: http://evil.example"],
    ] {
        let reply = begin(&server, lines).await;
        reply.expect(403, "foreign_origin");
        assert_eq!(reply.header("set-cookie"), None);
    }
    for lines in [
        &["origin: http://photos.example"][..],
        &["host: localhost:8080", "origin: http://localhost:8080"],
        &["host: 127.0.0.1:8080"],
    ] {
        assert_eq!(begin(&server, lines).await.status, 200, "{lines:?}");
    }
}

/// An account that has a password is closed without it, whatever its address.
#[tokio::test]
async fn a_demo_user_who_got_a_password_is_closed() {
    let server = with_demo_user().await;
    let email = begin(&server, &[]).await.body["user"]["email"].as_str().expect("an address").to_owned();
    let users = Users::new(&server.store);
    let (tenant, email) =
        (TenantId::parse("default").expect("an id"), Email::parse(&email).expect("an address"));
    let mut user = users.by_email(&tenant, &email).await.expect("readable").expect("the demo user");
    user.password_hash = Some(domain::user::PasswordHash("$argon2id$".into()));
    users.save(user).await.expect("it saves");
    begin(&server, &[]).await.expect(404, "no_demo_user");
}
