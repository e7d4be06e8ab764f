//! Faces, dead letters, enrolments, users, secrets, sessions, counts of tries and the cursor of maintenance.

use crate::account::Account;
use aws::{
    DeadLetters, Enrolments, Faces, MaintenanceCursor, Secrets, Sessions, SystemClock, Throttle, Users,
};
use domain::ports::Throttle as _;
use domain::ports::throttle::ThrottleKey;
use domain::{contract, fixture};
use std::sync::Arc;

async fn faces() -> Faces {
    let account = Account::with_tables().await;
    Faces::new(&account.clients, &account.resources)
}

#[tokio::test]
async fn faces_keeps_faces_by_attempt() {
    contract::faces::keeps_faces_by_attempt(&faces().await).await;
}

#[tokio::test]
async fn faces_deletes_every_attempt() {
    contract::faces::deletes_every_attempt(&faces().await).await;
}

#[tokio::test]
async fn faces_refuses_too_many() {
    contract::faces::refuses_too_many(&faces().await).await;
}

async fn dead_letters() -> DeadLetters {
    let account = Account::with_tables().await;
    DeadLetters::new(&account.clients, &account.resources)
}

#[tokio::test]
async fn dead_letters_lists_newest_first() {
    contract::dead_letters::lists_newest_first(&dead_letters().await).await;
}

#[tokio::test]
async fn dead_letters_repeats_do_no_harm() {
    contract::dead_letters::repeats_do_no_harm(&dead_letters().await).await;
}

#[tokio::test]
async fn dead_letters_deletes_those_of_an_upload() {
    contract::dead_letters::deletes_those_of_an_upload(&dead_letters().await).await;
}

async fn enrolments() -> Enrolments {
    let account = Account::with_tables().await;
    Enrolments::new(&account.clients, &account.resources)
}

#[tokio::test]
async fn enrolments_an_address_is_enrolled_once() {
    contract::enrolments::an_address_is_enrolled_once(&enrolments().await).await;
}

#[tokio::test]
async fn enrolments_an_owner_finds_theirs() {
    contract::enrolments::an_owner_finds_theirs(&enrolments().await).await;
}

#[tokio::test]
async fn enrolments_unused_ones_are_listed() {
    contract::enrolments::unused_ones_are_listed(&enrolments().await).await;
}

async fn users() -> Users {
    let account = Account::with_tables().await;
    Users::new(&account.clients, &account.resources)
}

#[tokio::test]
async fn users_users_belong_to_a_tenant() {
    contract::users::users_belong_to_a_tenant(&users().await).await;
}

#[tokio::test]
async fn users_an_address_has_one_owner() {
    contract::users::an_address_has_one_owner(&users().await).await;
}

#[tokio::test]
async fn users_the_newest_version_is_saved() {
    contract::users::the_newest_version_is_saved(&users().await).await;
}

#[tokio::test]
async fn users_an_erased_user_does_not_come_back() {
    contract::users::an_erased_user_does_not_come_back(&users().await).await;
}

#[tokio::test]
async fn users_a_tenant_is_founded_once() {
    contract::users::a_tenant_is_founded_once(&users().await).await;
}

#[tokio::test]
async fn users_pages_go_through_a_tenant() {
    contract::users::pages_go_through_a_tenant(&users().await).await;
}

async fn sessions() -> Sessions {
    let account = Account::with_tables().await;
    Sessions::new(&account.clients, &account.resources)
}

#[tokio::test]
async fn sessions_what_expired_is_not_there() {
    contract::sessions::what_expired_is_not_there(&sessions().await).await;
}

#[tokio::test]
async fn sessions_a_beginning_is_whole() {
    contract::sessions::a_beginning_is_whole(&sessions().await).await;
}

#[tokio::test]
async fn sessions_a_token_is_spent_once() {
    contract::sessions::a_token_is_spent_once(&sessions().await).await;
}

#[tokio::test]
async fn sessions_a_sealed_successor_is_forgotten() {
    contract::sessions::a_sealed_successor_is_forgotten(&sessions().await).await;
}

#[tokio::test]
async fn sessions_kinds_read_back() {
    contract::sessions::kinds_read_back(&sessions().await).await;
}

#[tokio::test]
async fn sessions_an_ended_session_stays_ended() {
    contract::sessions::an_ended_session_stays_ended(&sessions().await).await;
}

#[tokio::test]
async fn sessions_a_user_has_their_sessions_listed() {
    contract::sessions::a_user_has_their_sessions_listed(&sessions().await).await;
}

#[tokio::test]
async fn sessions_all_of_a_user_end() {
    contract::sessions::all_of_a_user_end(&sessions().await).await;
}

async fn throttle() -> Throttle {
    let account = Account::with_tables().await;
    Throttle::new(&account.clients, &account.resources)
}

#[tokio::test]
async fn throttle_delays_grow() {
    contract::throttle::delays_grow(&throttle().await).await;
}

#[tokio::test]
async fn throttle_forgiving_begins_anew() {
    contract::throttle::forgiving_begins_anew(&throttle().await).await;
    contract::throttle::counts_are_read(&throttle().await).await;
}

#[tokio::test]
async fn throttle_many_at_once_pass_by_the_rule() {
    let throttle = throttle().await;
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let throttle = throttle.clone();
            tokio::spawn(async move {
                let (key, rule) = (ThrottleKey::of(&["a"]), contract::throttle::many_at_once_rule());
                throttle.take(key, &rule, fixture::now()).await.unwrap().is_ok()
            })
        })
        .collect();
    let mut passed = 0;
    for one in tries {
        passed += usize::from(one.await.unwrap());
    }
    contract::throttle::many_at_once_pass_by_the_rule(passed);
}

#[tokio::test]
async fn secrets_seeds_stay_what_they_are() {
    let account = Account::with_secret().await;
    let clock = Arc::new(SystemClock::default());
    let secrets = Secrets::new(&account.clients, &account.resources, clock);
    contract::secrets::seeds_stay_what_they_are(&secrets).await;
}

#[tokio::test]
async fn maintenance_continues_where_the_last_round_ended() {
    let account = Account::with_tables().await;
    let cursor = MaintenanceCursor::new(&account.clients, &account.resources);
    let place = |number| fixture::awaiting_of(number, b"photo").due_place().expect("it is due some day");
    let (first, second) = (place(1), place(2));
    assert_eq!(cursor.get().await.unwrap(), None);
    cursor.advance(None, None).await.unwrap();
    cursor.advance(None, Some(&first)).await.unwrap();
    assert_eq!(cursor.get().await.unwrap(), Some(first.clone()));
    cursor.advance(Some(&second), None).await.unwrap();
    assert_eq!(cursor.get().await.unwrap(), Some(first.clone()), "another round has moved it");
    cursor.advance(Some(&first), Some(&second)).await.unwrap();
    assert_eq!(cursor.get().await.unwrap(), Some(second.clone()));
    cursor.advance(Some(&second), None).await.unwrap();
    assert_eq!(cursor.get().await.unwrap(), None);
}
