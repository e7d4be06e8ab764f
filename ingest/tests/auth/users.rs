//! Who sees which users, and the erasure of one's own account.

use crate::server::{PASSWORD, Reply, Server};
use domain::fixture;
use domain::ports::Users as _;
use domain::user::{Role, User};
use domain::{Email, Handler, QueueName, TenantId, Upload, UserId, Verdict};
use embedded::Users;
use serde_json::{Value, json};
use std::time::Duration;

const USERS: &str = "/api/v1/users/";
const ME: &str = "/api/v1/users/me";

async fn change(server: &Server, email: &str, change: impl FnOnce(&mut User)) -> User {
    let users = Users::new(&server.store);
    let (tenant, email) =
        (TenantId::parse("default").expect("an id"), Email::parse(email).expect("an address"));
    let mut user = users.by_email(&tenant, &email).await.expect("readable").expect("the user");
    change(&mut user);
    users.save(user).await.expect("it saves")
}

async fn admin(server: &Server) -> String {
    server.sign_up("admin@example.com").await;
    change(server, "admin@example.com", |user| user.role = Role::Admin).await;
    server.log_in("admin@example.com", PASSWORD).await.text("access_token")
}

/// A user of another tenant.
async fn stranger(server: &Server) -> UserId {
    let id = UserId::parse("stranger").expect("an id");
    let tenant = TenantId::parse("acme").expect("an id");
    let user = User::new(tenant, id.clone(), Role::Customer, fixture::now());
    Users::new(&server.store).create(user).await.expect("it is created");
    id
}

async fn erase(server: &Server, token: &str, body: &Value) -> Reply {
    let headers = [format!("authorization: Bearer {token}")];
    server.send("DELETE", ME, &headers, body.to_string().as_bytes()).await
}

#[tokio::test]
async fn an_admin_pages_through_the_tenant_and_a_customer_sees_one() {
    let server = Server::start().await;
    let mut expected = Vec::new();
    let mut customer = String::new();
    for number in 0..5 {
        let reply = server.sign_up(&format!("user{number}@example.com")).await;
        expected.push(reply.body["user"].clone());
        customer = reply.text("access_token");
    }
    let admin = admin(&server).await;
    expected.push(server.who_am_i(&admin).await.body);
    stranger(&server).await;
    expected.sort_by_key(|user| user["id"].to_string());
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = server.with("GET", &format!("{USERS}?limit=3{cursor}"), &admin).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let users = page.body["users"].as_array().expect("a list").clone();
        assert_eq!(users.len(), 3, "no empty page at the end");
        seen.extend(users);
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, expected);
    assert!(!format!("{seen:?}").contains("argon2"));

    let own = server.with("GET", "/api/v1/users", &customer).await;
    assert_eq!(own.body, json!({"users": [server.who_am_i(&customer).await.body], "next_cursor": null}));
    for query in ["?limit=0", "?limit=101", "?limit=x", "?cursor=x", "?cursor=LjE"] {
        assert_eq!(server.with("GET", &format!("{USERS}{query}"), &admin).await.status, 400, "{query}");
    }
    server.send("GET", USERS, &[], b"").await.expect(401, "missing_token");
}

#[tokio::test]
async fn other_users_do_not_exist_for_a_customer_nor_other_tenants_for_an_admin() {
    let server = Server::start().await;
    let ana = server.sign_up("ana@example.com").await;
    let eve = server.sign_up("eve@example.com").await.text("access_token");
    let (admin, stranger) = (admin(&server).await, stranger(&server).await);
    let id = ana.body["user"]["id"].as_str().expect("an id").to_owned();
    for route in ["user", "users"] {
        let path = |id: &str| format!("/api/v1/{route}/{id}");
        for token in [&ana.text("access_token"), &admin] {
            let reply = server.with("GET", &path(&id), token).await;
            assert_eq!((reply.status, &reply.body), (200, &ana.body["user"]));
        }
        server.with("GET", &path(&id), &eve).await.expect(404, "no_such_user");
        for token in [&eve, &admin] {
            for unknown in [stranger.as_str(), "unknown", "a%20b", "%2e%2e", "0198-x"] {
                server.with("GET", &path(unknown), token).await.expect(404, "no_such_user");
            }
            // Claims of a header count for nothing.
            let headers = [
                format!("authorization: Bearer {token}"),
                "x-tenant-id: acme".to_owned(),
                "x-role: operator".to_owned(),
            ];
            let reply = server.send("GET", &path(stranger.as_str()), &headers, b"").await;
            reply.expect(404, "no_such_user");
        }
    }
}

/// Routes of admins read the session from the store.
#[tokio::test]
async fn an_ended_session_sees_no_users() {
    let server = Server::start().await;
    let admin = admin(&server).await;
    assert_eq!(server.with("GET", USERS, &admin).await.status, 200);
    assert_eq!(server.with("POST", "/api/v1/auth/logout", &admin).await.status, 204);
    server.with("GET", USERS, &admin).await.expect(401, "invalid_token");
}

/// Handles messages of queue `uploads` until none is visible.
async fn work(server: &Server, max_messages: usize) -> usize {
    let ports = server.ports().await;
    let intake = ingest::Intake::new(ports.clone(), "media");
    let mut handled = 0;
    while handled < max_messages {
        let (queue, visible) = (QueueName::UPLOADS, Duration::from_secs(60));
        let batch = ports.queue.receive(queue, 1, visible, Duration::ZERO).await.expect("it receives");
        let Some(delivery) = batch.into_iter().next() else { break };
        let receipt = delivery.receipt.clone();
        let message = domain::Message::decode(queue, delivery);
        assert!(matches!(intake.handle(&message).await, Verdict::Acknowledge));
        ports.queue.acknowledge(queue, &[receipt]).await.expect("it is acknowledged");
        handled += 1;
    }
    handled
}

#[tokio::test]
async fn a_person_is_erased_with_all_their_uploads() {
    let server = Server::start().await;
    let ana = server.sign_up("ana@example.com").await;
    let (here, there) = (ana.text("access_token"), server.log_in("ana@example.com", PASSWORD).await);
    let id = UserId::parse(ana.body["user"]["id"].as_str().expect("an id")).expect("an id");
    let tenant = TenantId::parse("default").expect("an id");
    let ports = server.ports().await;
    let declare = async |number: u128| {
        let content = number.to_string();
        let upload = Upload {
            tenant_id: tenant.clone(),
            user_id: id.clone(),
            ..fixture::awaiting_of(number, content.as_bytes())
        };
        ports.uploads.create(upload).await.expect("it is declared");
    };
    for number in 1..=45 {
        declare(number).await;
    }
    for (body, status, code) in [
        (json!({}), 422, "missing_field"),
        (json!({"password": "wrong password"}), 403, "wrong_password"),
        (json!({"password": "wrong password", "role": "admin", "user_id": "x"}), 403, "wrong_password"),
    ] {
        erase(&server, &here, &body).await.expect(status, code);
    }
    let erased = erase(&server, &here, &json!({"password": PASSWORD})).await;
    assert_eq!(erased.status, 202, "{}", erased.body);
    assert_eq!(erased.body, json!({"user_id": id, "state": "erasing"}));

    // At once: no session, no login, the address is free, and the id is another one.
    for token in [&here, &there.text("access_token")] {
        server.who_am_i(token).await.expect(401, "invalid_token");
    }
    server.refresh(&there.text("refresh_token")).await.expect(401, "invalid_token");
    server.log_in("ana@example.com", PASSWORD).await.expect(401, "wrong_credentials");
    let again = server.sign_up("ana@example.com").await;
    assert_eq!(again.status, 201);
    assert_ne!(again.body["user"]["id"], ana.body["user"]["id"]);

    // The work stops after each message and another process goes on; a late upload is found by a later pass.
    let left =
        async || ports.uploads.changed(&tenant, &id, None, None, 100).await.expect("readable").uploads.len();
    work(&server, 1).await;
    assert_eq!(left().await, 25);
    while work(&server, 1).await > 0 {}
    assert_eq!(left().await, 0);
    declare(99).await;
    for _ in 0..40 {
        server.wind(900);
        work(&server, usize::MAX).await;
    }
    assert_eq!(left().await, 0);
    assert_eq!(ports.queue.depth(QueueName::UPLOADS).await.expect("readable").visible, 0);
    assert_eq!(ports.queue.depth(QueueName::UPLOADS).await.expect("readable").hidden, 0, "the passes end");
    assert_eq!(server.log_in("ana@example.com", PASSWORD).await.status, 200, "the new account stays");
}

#[tokio::test]
async fn the_demo_user_is_erased_without_a_password() {
    let server = Server::start_with(|settings| settings.demo_user = true).await;
    let demo = async || server.send("POST", "/api/v1/auth/demo", &[], b"").await;
    let first = demo().await;
    let erased = erase(&server, &first.text("access_token"), &json!({})).await;
    assert_eq!(erased.status, 202, "{}", erased.body);
    server.who_am_i(&first.text("access_token")).await.expect(401, "invalid_token");
    let second = demo().await;
    assert_eq!(second.status, 200);
    assert_ne!(second.body["user"]["id"], first.body["user"]["id"]);
}
