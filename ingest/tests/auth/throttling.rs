//! Too many attempts.

use crate::server::{PASSWORD, Server};

async fn fail(server: &Server, address: &str, times: usize) {
    for _ in 0..times {
        let reply = server.log_in_from(address, "ana@example.com", "wrong password").await;
        reply.expect(401, "wrong_credentials");
    }
}

#[tokio::test]
async fn failures_delay_and_do_not_lock_out() {
    let server = Server::start().await;
    server.sign_up("ana@example.com").await;
    fail(&server, "192.0.2.1", 10).await;
    let right = |address: &'static str| server.log_in_from(address, "ana@example.com", PASSWORD);
    let refused = right("192.0.2.1").await;
    refused.expect(429, "too_many_requests");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(right("192.0.2.2").await.status, 200, "another address is not delayed");
    let other = server.log_in_from("192.0.2.1", "bea@example.com", PASSWORD).await;
    other.expect(401, "wrong_credentials");
    server.wind(1);
    fail(&server, "192.0.2.1", 1).await;
    assert_eq!(right("192.0.2.1").await.header("retry-after"), Some("2"));
    server.wind(2);
    assert_eq!(right("192.0.2.1").await.status, 200, "after the delay a try is allowed");
    fail(&server, "192.0.2.1", 10).await;
}

#[tokio::test]
async fn many_failures_at_once_are_counted() {
    let server = std::sync::Arc::new(Server::start().await);
    let guesses: Vec<_> = (0..30)
        .map(|_| {
            let server = server.clone();
            tokio::spawn(async move { server.log_in("ana@example.com", "guess guess").await.status })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        looked_at += usize::from(guess.await.unwrap() == 401);
    }
    assert_eq!(looked_at, 10);
}

#[tokio::test]
async fn an_address_has_sixty_requests_a_minute() {
    let server = Server::start().await;
    for _ in 0..60 {
        server.refresh("nonsense").await.expect(401, "invalid_token");
    }
    let refused = server.sign_up("ana@example.com").await;
    refused.expect(429, "too_many_requests");
    assert_eq!(refused.header("retry-after"), Some("60"));
    server.log_in_from("192.0.2.1", "ana@example.com", PASSWORD).await.expect(401, "wrong_credentials");
    server.wind(60);
    assert_eq!(server.sign_up("ana@example.com").await.status, 201);
}

/// Everybody behind a proxy has its address, if the proxy is not trusted.
#[tokio::test]
async fn refreshes_are_counted_per_session_not_per_address() {
    let server = Server::start().await;
    let (mut ana, mut bea) =
        (server.sign_up("ana@example.com").await, server.sign_up("bea@example.com").await);
    for _ in 0..60 {
        ana = server.refresh(&ana.text("refresh_token")).await;
    }
    server.refresh(&ana.text("refresh_token")).await.expect(429, "too_many_requests");
    for _ in 0..60 {
        server.refresh("nonsense").await;
    }
    server.refresh("nonsense").await.expect(429, "too_many_requests");
    bea = server.refresh(&bea.text("refresh_token")).await;
    assert_eq!(bea.status, 200, "invalid tokens of the same address do not throttle a valid one");
    server.wind(60);
    assert_eq!(server.refresh(&ana.text("refresh_token")).await.status, 200);
}

/// Each guess from another address: the account is slowed, and only for addresses at which it never logged in.
#[tokio::test]
async fn guesses_from_many_addresses_are_slowed_and_the_owner_is_not() {
    let server = Server::start().await;
    server.sign_up("ana@example.com").await;
    let ana = "ana@example.com";
    assert_eq!(server.log_in_from("192.0.2.1", ana, PASSWORD).await.status, 200);
    for guess in 0..99 {
        let address = format!("198.51.{}.{}", guess / 50, guess % 50);
        server.log_in_from(&address, ana, "a guess").await.expect(401, "wrong_credentials");
    }
    for (number, wait) in [(1, 1), (2, 2), (3, 4), (4, 5), (5, 5)] {
        let refused = server.log_in_from(&format!("203.0.113.{number}"), ana, PASSWORD).await;
        refused.expect(429, "too_many_requests");
        assert_eq!(refused.header("retry-after"), Some(wait.to_string().as_str()));
        assert_eq!(server.log_in_from("192.0.2.1", ana, PASSWORD).await.status, 200, "a known address");
        let other = server.log_in_from("203.0.113.99", "bea@example.com", "a guess").await;
        other.expect(401, "wrong_credentials");
        server.wind(wait);
        let guess = server.log_in_from(&format!("203.0.114.{number}"), ana, "a guess").await;
        guess.expect(401, "wrong_credentials");
    }
    server.wind(600);
    assert_eq!(server.log_in_from("203.0.113.1", ana, PASSWORD).await.status, 200);
}
