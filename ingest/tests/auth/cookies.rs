//! The page's session, whose refresh token is in a cookie.

use crate::server::{PASSWORD, Reply, Server};
use serde_json::json;

const REFRESH: &str = "/api/v1/token/refresh";
const LOGOUT: &str = "/api/v1/auth/logout";
const PAGE: &str = "x-semblante-page: 1";
const CLEARED: &str = "__host-refresh=; path=/; secure; httponly; samesite=strict; max-age=0";

async fn sign_up(server: &Server) -> Reply {
    let body = json!({"email": "ana@example.com", "password": PASSWORD, "session": "cookie"});
    server.post("/api/v1/auth/signup", &body).await
}

/// A request with the page's header, a cookie and other lines.
async fn send(server: &Server, path: &str, cookie: Option<&str>, lines: &[&str]) -> Reply {
    let cookie = cookie.map(|token| format!("cookie: theme=dark; __Host-refresh={token}"));
    let headers: Vec<String> = lines.iter().map(|line| (*line).to_owned()).chain(cookie).collect();
    server.send("POST", path, &headers, b"").await
}

#[tokio::test]
async fn the_page_gets_its_refresh_token_as_a_cookie_only() {
    let server = Server::start().await;
    let signed_up = sign_up(&server).await;
    assert_eq!(signed_up.status, 201, "{}", signed_up.body);
    let login = json!({"email": "ana@example.com", "password": PASSWORD, "session": "cookie"});
    let logged_in = server.post("/api/v1/auth/login", &login).await;
    let refreshed = send(&server, REFRESH, Some(&logged_in.cookie()), &[PAGE]).await;
    for reply in [&signed_up, &logged_in, &refreshed] {
        let cookie = reply.header("set-cookie").expect("a cookie");
        let (pair, attributes) = cookie.split_once(';').expect("attributes");
        assert_eq!(attributes, " path=/; secure; httponly; samesite=strict");
        assert_eq!(pair.len(), "__host-refresh=".len() + 43);
        let mut keys: Vec<&str> =
            reply.body.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["access_token", "expires_in", "role", "token_type", "user"]);
        assert_eq!(reply.body["user"], signed_up.body["user"]);
        assert_eq!(server.who_am_i(&reply.text("access_token")).await.status, 200);
    }
    assert_ne!(refreshed.cookie(), logged_in.cookie());
    let body = json!({"email": "ana@example.com", "password": PASSWORD, "session": "jar"});
    server.post("/api/v1/auth/login", &body).await.expect(422, "invalid_session");
}

#[tokio::test]
async fn a_token_is_accepted_only_where_it_belongs() {
    let server = Server::start().await;
    let cookie = sign_up(&server).await.cookie();
    let kept = server.log_in("ana@example.com", PASSWORD).await;
    server.refresh(&cookie).await.expect(401, "invalid_token");
    server.post(REFRESH, &json!({"refresh_token": cookie})).await.expect(401, "invalid_token");
    server.who_am_i(&cookie).await.expect(401, "invalid_token");
    for wrong in [kept.text("refresh_token"), kept.text("access_token"), String::new(), "x".repeat(5000)] {
        send(&server, REFRESH, Some(&wrong), &[PAGE]).await.expect(401, "no_session");
    }
    // None of them ended a session.
    assert_eq!(send(&server, REFRESH, Some(&cookie), &[PAGE]).await.status, 200);
    assert_eq!(server.refresh(&kept.text("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn another_site_cannot_use_the_cookie() {
    let server = Server::start().await;
    let cookie = sign_up(&server).await.cookie();
    send(&server, REFRESH, Some(&cookie), &[]).await.expect(401, "missing_token");
    send(&server, REFRESH, Some(&cookie), &["x-semblante-page: yes"]).await.expect(401, "missing_token");
    send(&server, LOGOUT, Some(&cookie), &[]).await.expect(401, "missing_token");
    for origin in ["http://evil.example", "null", "https://photos.example", "http://photos.example:81"] {
        let lines = [PAGE, &format!("origin: {origin}")];
        send(&server, REFRESH, Some(&cookie), &lines).await.expect(403, "foreign_origin");
        send(&server, LOGOUT, Some(&cookie), &lines).await.expect(403, "foreign_origin");
        let login = json!({"email": "ana@example.com", "password": PASSWORD, "session": "cookie"});
        let login = login.to_string();
        let headers = [format!("origin: {origin}")];
        let reply = server.send("POST", "/api/v1/auth/login", &headers, login.as_bytes()).await;
        reply.expect(403, "foreign_origin");
        assert_eq!(reply.header("set-cookie"), None);
    }
    let ours = [PAGE, "origin: http://photos.example"];
    assert_eq!(send(&server, REFRESH, Some(&cookie), &ours).await.status, 200);
}

#[tokio::test]
async fn without_a_live_session_the_cookie_is_cleared() {
    let server = Server::start().await;
    let cookie = sign_up(&server).await.cookie();
    let none = send(&server, REFRESH, None, &[PAGE]).await;
    none.expect(401, "no_session");
    assert_eq!(none.header("set-cookie"), Some(CLEARED));
    server.wind(7 * 24 * 3600);
    let ended = send(&server, REFRESH, Some(&cookie), &[PAGE]).await;
    ended.expect(401, "no_session");
    assert_eq!(ended.header("set-cookie"), Some(CLEARED));
}

/// Tabs share one cookie.
#[tokio::test]
async fn a_late_tab_does_not_log_the_others_out() {
    let server = Server::start().await;
    let first = sign_up(&server).await.cookie();
    let second = send(&server, REFRESH, Some(&first), &[PAGE]).await.cookie();
    assert_eq!(send(&server, REFRESH, Some(&first), &[PAGE]).await.cookie(), second);
    let third = send(&server, REFRESH, Some(&second), &[PAGE]).await.cookie();
    let late = send(&server, REFRESH, Some(&first), &[PAGE]).await;
    late.expect(409, "session_refreshed");
    assert_eq!(late.header("set-cookie"), None, "the jar has the present cookie");
    assert_eq!(send(&server, REFRESH, Some(&third), &[PAGE]).await.status, 200);
    server.wind(31);
    send(&server, REFRESH, Some(&first), &[PAGE]).await.expect(401, "no_session");
    send(&server, REFRESH, Some(&third), &[PAGE]).await.expect(401, "no_session");
}

#[tokio::test]
async fn logging_out_ends_the_session_of_the_cookie_or_of_the_bearer() {
    let server = Server::start().await;
    let by_cookie = sign_up(&server).await;
    let out = send(&server, LOGOUT, Some(&by_cookie.cookie()), &[PAGE]).await;
    assert_eq!((out.status, out.header("set-cookie")), (204, Some(CLEARED)));
    server.who_am_i(&by_cookie.text("access_token")).await.expect(401, "invalid_token");
    send(&server, REFRESH, Some(&by_cookie.cookie()), &[PAGE]).await.expect(401, "no_session");
    send(&server, LOGOUT, Some(&by_cookie.cookie()), &[PAGE]).await.expect(401, "no_session");

    let login = json!({"email": "ana@example.com", "password": PASSWORD, "session": "cookie"});
    let by_bearer = server.post("/api/v1/auth/login", &login).await;
    let out = server.with("POST", LOGOUT, &by_bearer.text("access_token")).await;
    assert_eq!((out.status, out.header("set-cookie")), (204, Some(CLEARED)));
    send(&server, REFRESH, Some(&by_bearer.cookie()), &[PAGE]).await.expect(401, "no_session");

    // An access token that has expired does not keep the page from logging out.
    let late = server.post("/api/v1/auth/login", &login).await;
    server.wind(900);
    let bearer = format!("authorization: Bearer {}", late.text("access_token"));
    assert_eq!(send(&server, LOGOUT, Some(&late.cookie()), &[PAGE, &bearer]).await.status, 204);
    send(&server, REFRESH, Some(&late.cookie()), &[PAGE]).await.expect(401, "no_session");
}
