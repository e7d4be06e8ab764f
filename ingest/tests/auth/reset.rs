//! One-time tokens for a new password.

use crate::server::{PASSWORD, Reply, Server};
use domain::ports::Users as _;
use domain::user::{Role, User};
use domain::{Email, TenantId};
use embedded::Users;
use serde_json::{Value, json};

const NEW: &str = "Otra-Secreta-456";

async fn change(server: &Server, email: &str, change: impl FnOnce(&mut User)) {
    let users = Users::new(&server.store);
    let tenant = TenantId::parse("default").expect("an id");
    let found = users.by_email(&tenant, &Email::parse(email).expect("an address")).await;
    let mut user = found.expect("readable").expect("the user");
    change(&mut user);
    users.save(user).await.expect("it saves");
}

async fn signed_up_as(server: &Server, email: &str, role: Role) -> Reply {
    server.sign_up(email).await;
    change(server, email, |user| user.role = role).await;
    server.log_in(email, PASSWORD).await
}

async fn issue(server: &Server, id: &Value, bearer: &Reply) -> Reply {
    let path = format!("/api/v1/users/{}/password-reset", id.as_str().expect("an id"));
    server.with("POST", &path, &bearer.text("access_token")).await
}

async fn reset(server: &Server, token: &str, new_password: &str) -> Reply {
    server.post("/api/v1/auth/reset", &json!({"token": token, "new_password": new_password})).await
}

#[tokio::test]
async fn a_token_sets_a_password_once_and_ends_all_sessions() {
    let server = Server::start().await;
    let admin = signed_up_as(&server, "admin@example.com", Role::Admin).await;
    let ana = server.sign_up("ana@example.com").await;
    let elsewhere = server.log_in("ana@example.com", PASSWORD).await;
    let issued = issue(&server, &ana.body["user"]["id"], &admin).await;
    assert_eq!(issued.status, 200, "{}", issued.body);
    assert_eq!(issued.header("cache-control"), Some("no-store"));
    let token = issued.text("reset_token");
    let secret = token.rsplit('~').next().expect("the secret").to_owned();
    assert_eq!(secret.len(), 43, "256 bits");
    let stored = stored_text(&server, "ana@example.com").await;
    assert!(!stored.contains(&secret), "only the digest is stored");

    reset(&server, &token, "short").await.expect(422, "invalid_password");
    assert_eq!(server.log_in("ana@example.com", PASSWORD).await.status, 200, "nothing has changed yet");
    assert_eq!(reset(&server, &token, NEW).await.status, 204);
    for session in [&ana, &elsewhere] {
        server.who_am_i(&session.text("access_token")).await.expect(401, "invalid_token");
        server.refresh(&session.text("refresh_token")).await.expect(401, "invalid_token");
    }
    server.log_in("ana@example.com", PASSWORD).await.expect(401, "wrong_credentials");
    assert_eq!(server.log_in("ana@example.com", NEW).await.status, 200);
    reset(&server, &token, PASSWORD).await.expect(403, "invalid_reset_token");
}

async fn stored_text(server: &Server, email: &str) -> String {
    let users = Users::new(&server.store);
    let tenant = TenantId::parse("default").expect("an id");
    let found = users.by_email(&tenant, &Email::parse(email).expect("an address")).await;
    serde_json::to_string(&found.expect("readable")).expect("JSON")
}

#[tokio::test]
async fn of_many_resets_at_once_one_counts() {
    let server = Server::start().await;
    let admin = signed_up_as(&server, "admin@example.com", Role::Admin).await;
    let ana = server.sign_up("ana@example.com").await;
    let token = issue(&server, &ana.body["user"]["id"], &admin).await.text("reset_token");
    let chosen: Vec<String> = (0..10).map(|number| format!("Otra-Secreta-{number}")).collect();
    let all = chosen.iter().map(|chosen| reset(&server, &token, chosen));
    let replies = futures_util::future::join_all(all).await;
    let won: Vec<usize> = (0..10).filter(|at| replies[*at].status == 204).collect();
    assert_eq!(won.len(), 1, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
    for (_, reply) in replies.iter().enumerate().filter(|(at, _)| !won.contains(at)) {
        reply.expect(403, "invalid_reset_token");
    }
    assert_eq!(server.log_in("ana@example.com", &chosen[won[0]]).await.status, 200);
}

#[tokio::test]
async fn a_token_that_is_not_valid_says_nothing_of_users() {
    let server = Server::start().await;
    let admin = signed_up_as(&server, "admin@example.com", Role::Admin).await;
    let ana = server.sign_up("ana@example.com").await;
    let id = &ana.body["user"]["id"];
    let late = issue(&server, id, &admin).await.text("reset_token");
    let (_, secret) = late.rsplit_once('~').expect("a secret");
    let (known, stranger) = (id.as_str().expect("an id"), "0190a1b2-0000-7000-8000-000000000000");
    let other = "A".repeat(43);
    let mut answers = Vec::new();
    for token in [
        format!("default~{known}~{other}"),
        format!("default~{stranger}~{secret}"),
        format!("other~{known}~{secret}"),
        format!("{late}~"),
        format!("default~{known}"),
        format!("default~{known}~{}", ana.text("refresh_token")),
        String::new(),
        "x".repeat(10_000),
    ] {
        let reply = reset(&server, &token, NEW).await;
        reply.expect(403, "invalid_reset_token");
        answers.push((reply.body["detail"].clone(), reply.body["title"].clone()));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");

    let newer = issue(&server, id, &admin).await.text("reset_token");
    reset(&server, &late, NEW).await.expect(403, "invalid_reset_token");
    change(&server, "ana@example.com", |user| user.disabled_at = Some(user.created_at)).await;
    reset(&server, &newer, NEW).await.expect(403, "invalid_reset_token");
    change(&server, "ana@example.com", |user| user.disabled_at = None).await;
    server.wind(3600);
    reset(&server, &newer, NEW).await.expect(403, "invalid_reset_token");
    assert_eq!(server.log_in("ana@example.com", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn a_changed_password_spends_the_token_and_guesses_are_throttled() {
    let server = Server::start().await;
    let admin = signed_up_as(&server, "admin@example.com", Role::Admin).await;
    let ana = server.sign_up("ana@example.com").await;
    let token = issue(&server, &ana.body["user"]["id"], &admin).await.text("reset_token");
    let headers = [format!("authorization: Bearer {}", ana.text("access_token"))];
    let body = json!({"password": PASSWORD, "new_password": NEW}).to_string();
    let changed = server.send("POST", "/api/v1/auth/password", &headers, body.as_bytes()).await;
    assert_eq!(changed.status, 204);
    reset(&server, &token, PASSWORD).await.expect(403, "invalid_reset_token");
    let mut refused = 0;
    for _ in 0..60 {
        refused += usize::from(reset(&server, &token, PASSWORD).await.status == 429);
    }
    assert!(refused > 0, "an address has a limited number of tries");
}

#[tokio::test]
async fn only_admins_issue_tokens_and_not_for_those_above_them() {
    let server = Server::start().await;
    let admin = signed_up_as(&server, "admin@example.com", Role::Admin).await;
    let operator = signed_up_as(&server, "root@example.com", Role::Operator).await;
    let (ana, bea) = (server.sign_up("ana@example.com").await, server.sign_up("bea@example.com").await);
    let id = |reply: &Reply| reply.body["user"]["id"].clone();
    for (caller, target) in [(&ana, &ana), (&ana, &bea), (&ana, &admin), (&admin, &operator)] {
        issue(&server, &id(target), caller).await.expect(404, "no_such_user");
    }
    for (caller, target) in [(&admin, &bea), (&admin, &admin), (&operator, &admin), (&operator, &operator)] {
        assert_eq!(issue(&server, &id(target), caller).await.status, 200);
    }
    let stranger = User::new(
        TenantId::parse("acme").expect("an id"),
        domain::UserId::parse("stranger").expect("an id"),
        Role::Customer,
        domain::fixture::now(),
    );
    Users::new(&server.store).create(stranger).await.expect("it is created");
    issue(&server, &json!("stranger"), &admin).await.expect(404, "no_such_user");
}
