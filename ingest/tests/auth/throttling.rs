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
