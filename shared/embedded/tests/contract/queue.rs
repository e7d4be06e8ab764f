//! The suite of queues.

use crate::Fresh;
use deadline::{LIMIT, within};
use domain::contract;
use domain::ports::queue::{NewMessage, Queue as _};
use domain::{QueueName, Stage};
use embedded::Policy;
use std::time::Duration;

#[tokio::test]
async fn delivers_until_acknowledged() {
    let fresh = Fresh::new();
    contract::queue::delivers_until_acknowledged(&fresh.queue(), &fresh.clock).await;
}

#[tokio::test]
async fn a_stale_receipt_does_nothing() {
    let fresh = Fresh::new();
    contract::queue::a_stale_receipt_does_nothing(&fresh.queue(), &fresh.clock).await;
}

#[tokio::test]
async fn extending_moves_the_visibility() {
    let fresh = Fresh::new();
    contract::queue::extending_moves_the_visibility(&fresh.queue(), &fresh.clock).await;
}

#[tokio::test]
async fn a_delay_hides() {
    let fresh = Fresh::new();
    contract::queue::a_delay_hides(&fresh.queue(), &fresh.clock).await;
}

#[tokio::test]
async fn too_many_receives_make_a_dead_letter() {
    let fresh = Fresh::new();
    let most = Policy::default().max_receives;
    contract::queue::too_many_receives_make_a_dead_letter(&fresh.queue(), &fresh.clock, most).await;
}

#[tokio::test]
async fn refuses_what_is_over_the_limits() {
    contract::queue::refuses_what_is_over_the_limits(&Fresh::new().queue()).await;
}

#[tokio::test]
async fn bodies_survive() {
    contract::queue::bodies_survive(&Fresh::new().queue()).await;
}

#[tokio::test]
async fn groups_take_turns() {
    contract::queue::groups_take_turns(&Fresh::new().queue()).await;
}

#[tokio::test]
async fn users_take_turns() {
    contract::queue::users_take_turns(&Fresh::new().queue()).await;
}

#[tokio::test]
async fn groups_of_long_ids_are_accepted() {
    contract::queue::groups_of_long_ids_are_accepted(&Fresh::new().queue()).await;
}

#[tokio::test]
async fn live_goes_before_replay() {
    contract::queue::live_goes_before_replay(&Fresh::new().queue()).await;
}

#[tokio::test]
async fn waiting_ends_with_the_message() {
    let fresh = Fresh::new();
    let queue = fresh.queue();
    let suite = contract::queue::waiting_ends_with_the_message(&queue, &fresh.clock);
    within(LIMIT, "the message or the end of the wait", suite).await;
}

#[tokio::test]
async fn depth_counts() {
    let fresh = Fresh::new();
    contract::queue::depth_counts(&fresh.queue(), &fresh.clock).await;
    let fresh = Fresh::new();
    contract::queue::depth_tells_the_age(&fresh.queue(), &fresh.clock).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_delivery_has_one_holder() {
    let fresh = Fresh::new();
    let (queue, name) = (fresh.queue(), QueueName::of(Stage::FaceDetection));
    let receivers: Vec<_> = (0..8)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move {
                let mut got = Vec::new();
                while got.len() < 25 {
                    let wait = Duration::from_secs(1);
                    got.extend(queue.receive(name, 1, Duration::from_secs(30), wait).await.unwrap());
                }
                got
            })
        })
        .collect();
    for number in 0..200 {
        queue.send(name, vec![NewMessage::new(number.to_string(), None)]).await.unwrap();
    }
    let mut deliveries = Vec::new();
    for receiver in receivers {
        deliveries.push(receiver.await.unwrap());
    }
    contract::queue::each_delivery_has_one_holder(&queue, deliveries, 200).await;
}
