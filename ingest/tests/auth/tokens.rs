//! Forged, foreign and missing tokens.

use crate::server::{PASSWORD, Server, service};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ingest::auth::token::{AccessTokens, Claims};
use serde_json::Value;
use std::sync::Arc;

const WHOAMI: &str = "/api/v1/auth/whoami";

#[tokio::test]
async fn only_our_tokens_verify() {
    let server = Server::start().await;
    let pair = server.sign_up("ana@example.com").await;
    let access = pair.text("access_token");
    let ours = AccessTokens::new("http://photos.example", &server.store.keys().token_seeds()).unwrap();
    let claims = ours.verify(&access, domain::fixture::now()).unwrap();
    let another_key = AccessTokens::new("http://photos.example", &[[9; 32]]).unwrap();
    let no_session = Claims { sid: domain::fixture::session(7).key.session_id, ..claims.clone() };
    let another_user = Claims { sub: domain::UserId::parse("bea").unwrap(), ..claims.clone() };
    let parts: Vec<&str> = access.split('.').collect();
    // {"alg":"none","typ":"at+jwt"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0";
    for (what, bad) in [
        ("another key", another_key.sign(&claims)),
        ("no such session", ours.sign(&no_session)),
        ("another user's session", ours.sign(&another_user)),
        ("algorithm none", format!("{none}.{}.", parts[1])),
        ("algorithm none, signed", format!("{none}.{}.{}", parts[1], parts[2])),
        ("refresh token", pair.text("refresh_token")),
        ("garbage", "garbage".into()),
        ("much", "x".repeat(5000)),
    ] {
        let reply = server.who_am_i(&bad).await;
        assert_eq!(reply.status, 401, "{what}");
        reply.expect(401, "invalid_token");
    }
    assert_eq!(server.who_am_i(&ours.sign(&claims)).await.status, 200);
}

#[tokio::test]
async fn an_access_token_refreshes_nothing() {
    let server = Server::start().await;
    let access = server.sign_up("ana@example.com").await.text("access_token");
    server.refresh(&access).await.expect(401, "invalid_token");
    assert_eq!(server.who_am_i(&access).await.status, 200, "and its session goes on");
}

#[tokio::test]
async fn without_a_token_the_answer_says_so() {
    let server = Server::start().await;
    for headers in
        [vec![], vec!["authorization: Basic YTpi".to_owned()], vec!["authorization: Bearer".to_owned()]]
    {
        let reply = server.send("GET", WHOAMI, &headers, b"").await;
        reply.expect(401, "missing_token");
        assert_eq!(reply.header("www-authenticate"), Some("bearer"));
    }
    let reply = server.who_am_i("x").await;
    assert_eq!(reply.header("www-authenticate"), Some("bearer error=\"invalid_token\""));
}

#[tokio::test]
async fn public_keys_are_published_without_the_private_ones() {
    let server = Server::start().await;
    let reply = server.send("GET", "/.well-known/jwks.json", &[], b"").await;
    assert_eq!(reply.status, 200);
    let keys = reply.body["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "the next key is published ahead");
    let mut names: Vec<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    let issuer = server.send("GET", "/.well-known/openid-configuration", &[], b"").await.body;
    assert_eq!(issuer["jwks_uri"], "http://photos.example/.well-known/jwks.json");
    let token = server.sign_up("ana@example.com").await.text("access_token");
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["iss"], issuer["issuer"]);
    let mut supported: Vec<&str> =
        issuer["claims_supported"].as_array().unwrap().iter().filter_map(|c| c.as_str()).collect();
    supported.sort_unstable();
    let mut claimed: Vec<&str> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    claimed.sort_unstable();
    assert_eq!(supported, claimed);
}

/// A restart and a new key in front of the old one: tokens live on.
#[tokio::test]
async fn tokens_survive_a_restart_and_a_new_key() {
    use ingest::auth::Authenticate;
    let server = Server::start().await;
    let access = server.sign_up("ana@example.com").await.text("access_token");
    let mut seeds = vec![[5; 32]];
    seeds.extend(server.store.keys().token_seeds().iter());
    for seeds in [&server.store.keys().token_seeds()[..], &seeds] {
        let restarted = Arc::new(service(&server.store, server.clock.clone(), seeds).await);
        assert!(restarted.caller(&access, true).await.is_ok());
    }
    let forgotten = service(&server.store, server.clock.clone(), &[[5; 32]]).await;
    assert!(forgotten.caller(&access, true).await.is_err());
    let user = server.log_in("ana@example.com", PASSWORD).await;
    assert_eq!(user.body["user"]["email"], "ana@example.com");
}
