//! The end of enrolled faces: with their person, by retention, and of what stopped halfway.

use crate::enrolments::{ANA, email, enrolled, photos, register, tenant, verify, with};
use crate::server::{PASSWORD, Server};
use domain::ports::PortErrorKind;
use domain::{Bucket, Enrolment, Handler, Message, Ports, QueueName};
use ingest::enrolment::end_unused;
use serde_json::json;
use std::time::Duration;

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn a_face_goes_with_its_person() {
    let server = Server::start().await;
    let ports = server.ports().await;
    let owner = server.sign_up(ANA).await.text("access_token");
    assert_eq!(with(&server, "/register", &owner, ANA, &json!([1])).await.status, 200);
    // One that was enrolled without a token under the address of an account is another person's, perhaps.
    let bea = server.sign_up("bea@example.org").await.text("access_token");
    assert_eq!(register(&server, "bea@example.org", &json!([2])).await.status, 200);
    for (token, address) in [(owner, ANA), (bea, "bea@example.org")] {
        let body = json!({"password": PASSWORD}).to_string();
        let headers = [format!("authorization: Bearer {token}")];
        let erased = server.send("DELETE", "/api/v1/users/me", &headers, body.as_bytes()).await;
        assert_eq!(erased.status, 202, "{}", erased.body);
        assert_eq!(enrolled(&ports, address).await.is_some(), address != ANA);
        with(&server, "/register", &token, address, &json!([1])).await.expect(401, "invalid_token");
    }
    assert_eq!(photos(&ports).await, 1);
    assert_eq!(verify(&server, ANA, &json!([1])).await.body["match"], json!(false));
}

/// A face that is enrolled while its account is being erased goes with a later pass.
#[tokio::test]
async fn a_later_pass_of_an_erasure_finds_a_late_face() {
    let server = Server::start().await;
    let ports = server.ports().await;
    let signed_up = server.sign_up(ANA).await;
    let token = signed_up.text("access_token");
    assert_eq!(with(&server, "/register", &token, ANA, &json!([1])).await.status, 200);
    let late = enrolled(&ports, ANA).await.expect("it is stored");
    let body = json!({"password": PASSWORD}).to_string();
    let headers = [format!("authorization: Bearer {token}")];
    assert_eq!(server.send("DELETE", "/api/v1/users/me", &headers, body.as_bytes()).await.status, 202);
    ports.enrolments.save(Enrolment { version: 0, ..late }).await.expect("it saves");
    obey(&ports).await;
    assert_eq!(enrolled(&ports, ANA).await, None);
}

/// Carries out the orders that wait.
async fn obey(ports: &Ports) {
    let orders = ports
        .queue
        .receive(QueueName::UPLOADS, 10, Duration::from_secs(60), Duration::ZERO)
        .await
        .expect("it answers");
    assert!(!orders.is_empty());
    let intake = ingest::Intake::new(ports.clone(), Bucket::Media.as_str());
    for delivery in orders {
        let message = Message::decode(QueueName::UPLOADS, delivery);
        intake.handle(&message).await;
    }
}

/// A face that cannot be erased keeps no account alive, and its order tries again.
#[tokio::test]
async fn a_broken_enrolment_does_not_hold_up_the_end_of_an_account() {
    let server = Server::start().await;
    let ports = server.ports().await;
    let token = server.sign_up(ANA).await.text("access_token");
    assert_eq!(with(&server, "/register", &token, ANA, &json!([1])).await.status, 200);
    let owner = enrolled(&ports, ANA).await.and_then(|stored| stored.owner).expect("it has an owner");
    let broken = server.ports_without(&email(ANA)).await;
    lifecycle::erase_user(&broken, &tenant(), &owner).await.expect("the account ends");
    assert_eq!(ports.users.get(&tenant(), &owner).await.expect("reading works"), None);
    assert!(enrolled(&ports, ANA).await.is_some());
    obey(&ports).await;
    assert_eq!((enrolled(&ports, ANA).await, photos(&ports).await), (None, 0));
}

/// A crash between the photo and its row leaves a photo that no row names.
#[tokio::test]
async fn a_photo_without_a_row_goes_with_its_person() {
    let server = Server::start().await;
    let ports = server.ports().await;
    let token = server.sign_up(ANA).await.text("access_token");
    assert_eq!(with(&server, "/register", &token, ANA, &json!([1])).await.status, 200);
    let stored = enrolled(&ports, ANA).await.expect("it is stored");
    ports.enrolments.delete(&stored).await.expect("deleting works");
    assert_eq!(photos(&ports).await, 1);
    let owner = stored.owner.expect("it has an owner");
    lifecycle::erase_user(&ports, &tenant(), &owner).await.expect("the account ends");
    assert_eq!(photos(&ports).await, 0);
}

/// An erasure that read the row before a use or a replacement takes nothing of what was acknowledged since.
#[tokio::test]
async fn an_erasure_takes_nothing_that_was_acknowledged_meanwhile() {
    let server = Server::start().await;
    let ports = server.ports().await;
    let token = server.sign_up(ANA).await.text("access_token");
    assert_eq!(with(&server, "/register", &token, ANA, &json!([1])).await.status, 200);
    let before_use = enrolled(&ports, ANA).await.expect("it is stored");
    server.wind(2 * DAY);
    assert_eq!(verify(&server, ANA, &json!([1])).await.body["match"], json!(true));
    let before_replacement = enrolled(&ports, ANA).await.expect("it is stored");
    let token = server.log_in(ANA, PASSWORD).await.text("access_token");
    assert_eq!(with(&server, "/register", &token, ANA, &json!([50])).await.status, 200);
    for stale in [before_use, before_replacement] {
        let error = lifecycle::erase_enrolment(&ports, &stale).await.expect_err("it changed");
        assert_eq!(error.kind, PortErrorKind::Conflict);
    }
    let stored = enrolled(&ports, ANA).await.expect("it is stored");
    assert!(ports.objects.head(Bucket::UsersPhotos, &stored.photo).await.expect("reading works").is_some());
    assert_eq!(verify(&server, ANA, &json!([50])).await.body["match"], json!(true));
}

/// One that stopped halfway matches nothing, is in no one's way, and is the first that retention finds.
#[tokio::test]
async fn an_erasure_that_stopped_halfway_is_finished() {
    let server = Server::start().await;
    let ports = server.ports().await;
    for address in [ANA, "bea@example.org"] {
        assert_eq!(register(&server, address, &json!([1])).await.status, 200);
        let stored = enrolled(&ports, address).await.expect("it is stored");
        ports.enrolments.save(stored.ended()).await.expect("it saves");
        assert_eq!(verify(&server, address, &json!([1])).await.body["match"], json!(false));
    }
    assert_eq!(register(&server, ANA, &json!([50])).await.status, 200);
    assert_eq!(end_unused(&ports, Duration::from_secs(DAY)).await.expect("it answers"), 1);
    assert!(enrolled(&ports, ANA).await.is_some());
    assert_eq!((enrolled(&ports, "bea@example.org").await, photos(&ports).await), (None, 1));
}

#[tokio::test]
async fn one_face_that_cannot_be_erased_stops_no_other() {
    let server = Server::start().await;
    let ports = server.ports().await;
    for address in [ANA, "bea@example.org"] {
        assert_eq!(register(&server, address, &json!([1])).await.status, 200);
    }
    server.wind(366 * DAY);
    let year = Duration::from_secs(365 * DAY);
    let broken = server.ports_without(&email(ANA)).await;
    assert!(end_unused(&broken, year).await.is_err());
    assert!(enrolled(&ports, ANA).await.is_some());
    assert_eq!(enrolled(&ports, "bea@example.org").await, None);
    assert_eq!(end_unused(&ports, year).await.expect("it answers"), 1);
    assert_eq!(photos(&ports).await, 0);
}

#[tokio::test]
async fn a_face_that_is_not_used_for_a_year_is_erased() {
    let server = Server::start().await;
    let ports = server.ports().await;
    let year = Duration::from_secs(365 * DAY);
    for (address, face) in [(ANA, 1), ("bea@example.org", 50)] {
        assert_eq!(register(&server, address, &json!([face])).await.status, 200);
    }
    server.wind(364 * DAY);
    assert_eq!(verify(&server, ANA, &json!([1])).await.body["match"], json!(true));
    assert_eq!(verify(&server, "bea@example.org", &json!([1])).await.body["match"], json!(false));
    assert_eq!(end_unused(&ports, year).await.expect("it answers"), 0);
    server.wind(2 * DAY);
    assert_eq!(end_unused(&ports, year).await.expect("it answers"), 1);
    assert!(enrolled(&ports, ANA).await.is_some(), "a match is a use");
    assert_eq!((enrolled(&ports, "bea@example.org").await, photos(&ports).await), (None, 1));
}
