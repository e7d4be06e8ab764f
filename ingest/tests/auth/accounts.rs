//! Signup, login and whoami.

use crate::server::{PASSWORD, Server};
use serde_json::{Value, json};

const SIGNUP: &str = "/api/v1/auth/signup";
const LOGIN: &str = "/api/v1/auth/login";

#[tokio::test]
async fn a_person_signs_up_logs_in_and_is_known() {
    let server = Server::start().await;
    let body =
        json!({"email": "Ana@Example.com", "password": PASSWORD, "username": "ana", "name": "Ana García"});
    let signed_up = server.post(SIGNUP, &body).await;
    assert_eq!(signed_up.status, 201, "{}", signed_up.body);
    assert_eq!(signed_up.header("cache-control"), Some("no-store"));
    let user = &signed_up.body["user"];
    for (field, expected) in [
        ("email", "ana@example.com"),
        ("username", "ana"),
        ("name", "Ana García"),
        ("role", "customer"),
        ("tenant_id", "default"),
        ("created_at", "2026-01-01T00:00:00Z"),
    ] {
        assert_eq!(user[field], expected, "{field}");
    }
    assert!(!signed_up.body.to_string().contains("argon2"));
    let logged_in = server.log_in("ANA@example.com", PASSWORD).await;
    assert_eq!(logged_in.status, 200);
    assert_eq!(&logged_in.body["user"], user);
    assert_eq!(logged_in.body["token_type"], "Bearer");
    assert_eq!(logged_in.body["expires_in"], 900);
    for reply in [&signed_up, &logged_in] {
        for method in ["GET", "POST"] {
            let me = server.with(method, "/api/v1/auth/whoami", &reply.text("access_token")).await;
            assert_eq!(me.status, 200);
            assert_eq!(&me.body, user);
        }
    }
}

#[tokio::test]
async fn older_clients_find_their_spelling_and_statuses() {
    let server = Server::start().await;
    let body = json!({"Email": "info@proyecto-teos.com", "Username": "TEOS", "Password": "$QWE098$",
        "Name": "proyecto TEOS"});
    let signed_up = server.post(SIGNUP, &body).await;
    assert_eq!(signed_up.status, 200, "{}", signed_up.body);
    assert_eq!(signed_up.body["user"]["name"], "proyecto TEOS");
    let logged_in =
        server.post(LOGIN, &json!({"Email": "info@proyecto-teos.com", "Password": "$QWE098$"})).await;
    assert_eq!(logged_in.status, 200);
    assert_eq!(server.who_am_i(&logged_in.text("token")).await.status, 200);
    let refreshed = server.refresh(&logged_in.text("refreshToken")).await;
    assert_eq!(server.who_am_i(&refreshed.text("accessToken")).await.status, 200);
    let wrong = json!({"Email": "info@proyecto-teos.com", "Password": "wrong"});
    server.post(LOGIN, &wrong).await.expect(400, "wrong_credentials");
}

#[tokio::test]
async fn addresses_are_unicode_and_have_one_spelling() {
    let server = Server::start().await;
    for (typed, again) in [
        ("jose\u{301}@correo.es", "JOSÉ@CORREO.ES"),
        ("用户@例子.广告", "用户@例子.广告"),
        ("ß@x.de", "ß@X.DE"),
    ] {
        assert_eq!(server.sign_up(typed).await.status, 201, "{typed}");
        assert_eq!(server.log_in(again, PASSWORD).await.status, 200, "{again}");
        server.sign_up(again).await.expect(409, "email_taken");
    }
}

#[tokio::test]
async fn a_login_does_not_reveal_accounts() {
    let server = Server::start().await;
    server.sign_up("ana@example.com").await;
    let wrong_password = server.log_in("ana@example.com", "Secreta124").await;
    let mut answers = vec![wrong_password.body.clone()];
    wrong_password.expect(401, "wrong_credentials");
    for (email, password) in
        [("unknown@example.com", PASSWORD), ("no address", PASSWORD), ("ana@example.com", "")]
    {
        let reply = server.log_in(email, password).await;
        reply.expect(401, "wrong_credentials");
        answers.push(reply.body);
    }
    let other_tenant = json!({"email": "ana@example.com", "password": PASSWORD, "tenant_id": "acme"});
    answers.push(server.post(LOGIN, &other_tenant).await.body);
    let too_long = server.log_in("ana@example.com", &"x".repeat(2000)).await;
    answers.push(too_long.body);
    for answer in &mut answers {
        answer["request_id"] = Value::Null;
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn users_cannot_appoint_themselves() {
    let server = Server::start().await;
    for (extra, status, code) in [
        (json!({"role": "admin"}), 403, "role_not_allowed"),
        (json!({"role": "operator"}), 403, "role_not_allowed"),
        (json!({"Role": "admin"}), 403, "role_not_allowed"),
        (json!({"role": "root"}), 422, "invalid_role"),
        (json!({"tenant_id": "acme"}), 403, "tenant_closed"),
        (json!({"tenant_id": "../x"}), 422, "invalid_tenant_id"),
    ] {
        let mut body = json!({"email": "eve@example.com", "password": PASSWORD});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        server.post(SIGNUP, &body).await.expect(status, code);
    }
    server.log_in("eve@example.com", PASSWORD).await.expect(401, "wrong_credentials");
    let body =
        json!({"email": "eve@example.com", "password": PASSWORD, "role": "customer", "tenant_id": "default"});
    assert_eq!(server.post(SIGNUP, &body).await.body["role"], "customer");
}

#[tokio::test]
async fn of_two_signups_at_once_one_wins() {
    let server = Server::start().await;
    let (a, b) = tokio::join!(server.sign_up("ana@example.com"), server.sign_up("ana@example.com"));
    let mut statuses = [a.status, b.status];
    statuses.sort();
    assert_eq!(statuses, [201, 409]);
}
