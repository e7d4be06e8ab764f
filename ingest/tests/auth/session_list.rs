//! Listing and ending a user's sessions, and the change of the password.

use crate::server::{PASSWORD, Reply, Server};
use serde_json::json;

const SESSIONS: &str = "/api/v1/auth/sessions";
const CHANGE: &str = "/api/v1/auth/password";
const NEW: &str = "otra-Secreta-9";

async fn change(server: &Server, token: &str, present: &str, chosen: &str) -> Reply {
    let headers = [format!("authorization: Bearer {token}"), "x-forwarded-for: 192.0.2.9".to_owned()];
    let body = json!({"password": present, "new_password": chosen}).to_string();
    server.send("POST", CHANGE, &headers, body.as_bytes()).await
}

fn ids(list: &Reply) -> Vec<(String, bool)> {
    let sessions = list.body["sessions"].as_array().expect("a list");
    let id = |session: &serde_json::Value| {
        (session["session_id"].as_str().expect("an id").to_owned(), session["current"] == true)
    };
    sessions.iter().map(id).collect()
}

#[tokio::test]
async fn a_user_sees_and_ends_their_sessions_and_no_others() {
    let server = Server::start().await;
    let first = server.sign_up("ana@example.com").await.text("access_token");
    server.wind(60);
    let second = server.log_in("ana@example.com", PASSWORD).await.text("access_token");
    let stranger = server.sign_up("eve@example.com").await.text("access_token");
    let list = server.with("GET", SESSIONS, &second).await;
    assert_eq!(list.header("cache-control"), Some("no-store"));
    let [(newest, true), (oldest, false)] = &ids(&list)[..] else { panic!("{}", list.body) };
    let session = &list.body["sessions"][1];
    assert_eq!(session["began_at"], "2026-01-01T00:00:00Z");
    assert_eq!(session["refreshed_at"], "2026-01-01T00:00:00Z");
    assert_eq!(session["expires_at"], "2026-01-08T00:00:00Z");
    assert_eq!(session.as_object().expect("an object").len(), 5, "no token, no digest: {session}");

    let one = |id: &str| format!("{SESSIONS}/{id}");
    for id in [newest, oldest, "00000000-0000-0000-0000-000000000000", "x", "..%2f.."] {
        server.with("DELETE", &one(id), &stranger).await.expect(404, "no_such_session");
    }
    assert_eq!(server.who_am_i(&first).await.status, 200);
    assert_eq!(server.with("DELETE", &one(oldest), &second).await.status, 204);
    server.with("DELETE", &one(oldest), &second).await.expect(404, "no_such_session");
    server.who_am_i(&first).await.expect(401, "invalid_token");
    server.with("GET", SESSIONS, &first).await.expect(401, "invalid_token");
    assert_eq!(ids(&server.with("GET", SESSIONS, &second).await).len(), 1);
    assert_eq!(ids(&server.with("GET", SESSIONS, &stranger).await).len(), 1);
}

#[tokio::test]
async fn all_sessions_but_this_one_end() {
    let server = Server::start().await;
    let others = [server.sign_up("ana@example.com").await, server.log_in("ana@example.com", PASSWORD).await];
    let here = server.log_in("ana@example.com", PASSWORD).await;
    let stranger = server.sign_up("eve@example.com").await.text("access_token");
    for other in &others {
        assert_eq!(server.who_am_i(&other.text("access_token")).await.status, 200);
    }
    assert_eq!(server.with("DELETE", SESSIONS, &here.text("access_token")).await.status, 204);
    for other in &others {
        server.who_am_i(&other.text("access_token")).await.expect(401, "invalid_token");
        server.refresh(&other.text("refresh_token")).await.expect(401, "invalid_token");
    }
    assert_eq!(server.refresh(&here.text("refresh_token")).await.status, 200);
    assert_eq!(server.who_am_i(&stranger).await.status, 200);
    server.send("DELETE", SESSIONS, &[], b"").await.expect(401, "missing_token");
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions() {
    let server = Server::start().await;
    let other = server.sign_up("ana@example.com").await;
    let here = server.log_in("ana@example.com", PASSWORD).await.text("access_token");
    for (present, chosen, status, code) in [
        ("wrong password", NEW, 403, "wrong_password"),
        ("", NEW, 403, "wrong_password"),
        (PASSWORD, "short", 422, "invalid_password"),
        (PASSWORD, "password1", 422, "invalid_password"),
    ] {
        change(&server, &here, present, chosen).await.expect(status, code);
    }
    let headers = [format!("authorization: Bearer {here}")];
    server.send("POST", CHANGE, &headers, b"{}").await.expect(422, "missing_field");
    assert_eq!(server.refresh(&other.text("refresh_token")).await.status, 200, "nothing has ended yet");
    let changed = change(&server, &here, PASSWORD, NEW).await;
    assert_eq!(changed.status, 204, "{}", changed.body);
    server.who_am_i(&other.text("access_token")).await.expect(401, "invalid_token");
    server.refresh(&other.text("refresh_token")).await.expect(401, "invalid_token");
    assert_eq!(server.who_am_i(&here).await.status, 200);
    server.log_in("ana@example.com", PASSWORD).await.expect(401, "wrong_credentials");
    assert_eq!(server.log_in("ana@example.com", NEW).await.status, 200);
}

/// A stolen access token does not help to guess the password.
#[tokio::test]
async fn guessing_the_present_password_is_throttled_like_a_login() {
    let server = Server::start().await;
    let token = server.sign_up("ana@example.com").await.text("access_token");
    for _ in 0..10 {
        change(&server, &token, "wrong password", NEW).await.expect(403, "wrong_password");
    }
    change(&server, &token, PASSWORD, NEW).await.expect(429, "too_many_requests");
    let same = server.log_in_from("192.0.2.9", "ana@example.com", PASSWORD).await;
    same.expect(429, "too_many_requests");
    assert_eq!(server.log_in_from("192.0.2.10", "ana@example.com", PASSWORD).await.status, 200);
    server.wind(1);
    assert_eq!(change(&server, &token, PASSWORD, NEW).await.status, 204);
}

/// A login that was under way with the old password begins no session after the change.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_with_the_old_password_does_not_outlive_the_change() {
    let server = std::sync::Arc::new(Server::start().await);
    let here = server.sign_up("ana@example.com").await.text("access_token");
    let logins: Vec<_> = (0..8)
        .map(|_| {
            let server = server.clone();
            tokio::spawn(async move { server.log_in("ana@example.com", PASSWORD).await })
        })
        .collect();
    let changed = change(&server, &here, PASSWORD, NEW).await;
    assert_eq!(changed.status, 204, "{}", changed.body);
    for login in logins {
        let reply = login.await.expect("the login is answered");
        if reply.status == 200 {
            server.refresh(&reply.text("refresh_token")).await.expect(401, "invalid_token");
        }
    }
}
