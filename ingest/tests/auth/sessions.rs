//! Refresh, reuse, logout and expiry of sessions.

use crate::server::{PASSWORD, Server};
use ingest::auth::{AuthError, Authenticate};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn a_refresh_gives_a_new_pair() {
    let server = Server::start().await;
    let first = server.sign_up("ana@example.com").await;
    let second = server.refresh(&first.text("refresh_token")).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_ne!(second.text("refresh_token"), first.text("refresh_token"));
    assert_ne!(second.text("access_token"), first.text("access_token"));
    assert_eq!(second.body["user"], first.body["user"]);
    let in_body = serde_json::json!({"refresh_token": second.text("refresh_token")});
    let third = server.post("/api/v1/token/refresh", &in_body).await;
    assert_eq!(third.status, 200);
    for pair in [&first, &second, &third] {
        assert_eq!(server.who_am_i(&pair.text("access_token")).await.status, 200);
    }
}

#[tokio::test]
async fn a_lost_answer_is_given_again_for_half_a_minute() {
    let server = Server::start().await;
    let first = server.sign_up("ana@example.com").await.text("refresh_token");
    let second = server.refresh(&first).await.text("refresh_token");
    server.wind(30);
    let again = server.refresh(&first).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.text("refresh_token"), second.clone());
    assert_eq!(server.refresh(&second).await.status, 200);
}

#[tokio::test]
async fn late_reuse_ends_the_session() {
    let server = Server::start().await;
    let first = server.sign_up("ana@example.com").await;
    let elsewhere = server.log_in("ana@example.com", PASSWORD).await;
    let second = server.refresh(&first.text("refresh_token")).await;
    server.wind(31);
    server.refresh(&first.text("refresh_token")).await.expect(401, "invalid_token");
    server.refresh(&second.text("refresh_token")).await.expect(401, "invalid_token");
    for pair in [&first, &second] {
        server.who_am_i(&pair.text("access_token")).await.expect(401, "invalid_token");
    }
    assert_eq!(server.who_am_i(&elsewhere.text("access_token")).await.status, 200);
    assert_eq!(server.refresh(&elsewhere.text("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_late_tab_with_a_token_whose_successor_was_used_fails_alone() {
    let server = Server::start().await;
    let first = server.sign_up("ana@example.com").await.text("refresh_token");
    let second = server.refresh(&first).await.text("refresh_token");
    let third = server.refresh(&second).await;
    server.wind(30);
    for _ in 0..2 {
        server.refresh(&first).await.expect(401, "invalid_token");
    }
    assert_eq!(server.who_am_i(&third.text("access_token")).await.status, 200);
    let fourth = server.refresh(&third.text("refresh_token")).await;
    assert_eq!(fourth.status, 200);
    server.wind(1);
    server.refresh(&first).await.expect(401, "invalid_token");
    server.refresh(&fourth.text("refresh_token")).await.expect(401, "invalid_token");
    server.who_am_i(&fourth.text("access_token")).await.expect(401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_refreshes_at_once_all_get_one_successor() {
    let server = std::sync::Arc::new(Server::start().await);
    let first = server.sign_up("ana@example.com").await.text("refresh_token");
    let racers: Vec<_> = (0..20)
        .map(|_| {
            let (server, first) = (server.clone(), first.clone());
            tokio::spawn(async move { server.refresh(&first).await.text("refresh_token") })
        })
        .collect();
    let mut successors = Vec::new();
    for racer in racers {
        successors.push(racer.await.unwrap());
    }
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert_eq!(server.refresh(&successors[0]).await.status, 200);
}

#[tokio::test]
async fn access_lasts_a_quarter_of_an_hour() {
    let server = Server::start().await;
    let access = server.sign_up("ana@example.com").await.text("access_token");
    server.wind(899);
    assert_eq!(server.who_am_i(&access).await.status, 200);
    server.wind(1);
    server.who_am_i(&access).await.expect(401, "invalid_token");
}

#[tokio::test]
async fn an_idle_session_ends_after_seven_days() {
    let server = Server::start().await;
    let refresh = server.sign_up("ana@example.com").await.text("refresh_token");
    server.wind(7 * DAY - 1);
    let refresh = server.refresh(&refresh).await.text("refresh_token");
    server.wind(7 * DAY);
    server.refresh(&refresh).await.expect(401, "invalid_token");
}

#[tokio::test]
async fn a_session_ends_after_thirty_days_however_busy() {
    let server = Server::start().await;
    let mut refresh = server.sign_up("ana@example.com").await.text("refresh_token");
    for _ in 0..5 {
        server.wind(6 * DAY - 1);
        refresh = server.refresh(&refresh).await.text("refresh_token");
    }
    server.wind(5);
    server.refresh(&refresh).await.expect(401, "invalid_token");
}

#[tokio::test]
async fn logging_out_ends_one_session_at_once() {
    let server = Server::start().await;
    let here = server.sign_up("ana@example.com").await;
    let there = server.log_in("ana@example.com", PASSWORD).await;
    let access = here.text("access_token");
    assert_eq!(server.who_am_i(&access).await.status, 200);
    assert_eq!(server.with("POST", "/api/v1/auth/logout", &access).await.status, 204);
    server.who_am_i(&access).await.expect(401, "invalid_token");
    server.refresh(&here.text("refresh_token")).await.expect(401, "invalid_token");
    server.with("POST", "/api/v1/auth/logout", &access).await.expect(401, "invalid_token");
    assert_eq!(server.who_am_i(&there.text("access_token")).await.status, 200);
}

/// A logout in another process counts within 30 seconds.
#[tokio::test]
async fn a_logout_elsewhere_counts_soon() {
    let server = Server::start().await;
    let access = server.sign_up("ana@example.com").await.text("access_token");
    let caller = server.service.caller(&access, false).await.unwrap();
    let elsewhere =
        crate::server::service(&server.store, server.clock.clone(), &server.store.keys().token_seeds()).await;
    assert_eq!(elsewhere.caller(&access, false).await.unwrap(), caller);
    assert_eq!(server.with("POST", "/api/v1/auth/logout", &access).await.status, 204);
    assert!(elsewhere.caller(&access, false).await.is_ok(), "cached");
    server.wind(30);
    assert!(matches!(elsewhere.caller(&access, false).await, Err(AuthError::Invalid)));
}

#[tokio::test]
async fn a_fresh_look_sees_a_logout_at_once() {
    let server = Server::start().await;
    let access = server.sign_up("ana@example.com").await.text("access_token");
    let elsewhere =
        crate::server::service(&server.store, server.clock.clone(), &server.store.keys().token_seeds()).await;
    assert!(elsewhere.caller(&access, false).await.is_ok());
    assert_eq!(server.with("POST", "/api/v1/auth/logout", &access).await.status, 204);
    assert!(matches!(elsewhere.caller(&access, true).await, Err(AuthError::Invalid)));
    assert!(matches!(elsewhere.caller(&access, false).await, Err(AuthError::Invalid)), "no longer cached");
}
