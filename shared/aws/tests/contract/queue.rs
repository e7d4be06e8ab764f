//! Queues. SQS promises fairness between groups, not an order: the suites of turns and of replays are not among these.

use crate::account::{Account, MAX_RECEIVES};
use aws::Queue;
use domain::contract::queue as suite;
use domain::ports::Queue as _;
use domain::ports::queue::NewMessage;
use domain::{QueueName, Stage};
use std::time::Duration;

fn queue(account: &Account) -> Queue {
    Queue::new(&account.clients, &account.resources)
}

#[tokio::test]
async fn delivers_until_acknowledged() {
    let account = Account::with_queues().await;
    suite::delivers_until_acknowledged(&queue(&account), &account).await;
}

#[tokio::test]
async fn a_stale_receipt_does_nothing() {
    let account = Account::with_queues().await;
    suite::a_stale_receipt_does_nothing(&queue(&account), &account).await;
}

#[tokio::test]
async fn extending_moves_the_visibility() {
    let account = Account::with_queues().await;
    suite::extending_moves_the_visibility(&queue(&account), &account).await;
}

#[tokio::test]
async fn a_delay_hides() {
    let account = Account::with_queues().await;
    suite::a_delay_hides(&queue(&account), &account).await;
}

#[tokio::test]
async fn too_many_receives_make_a_dead_letter() {
    let account = Account::with_queues().await;
    suite::too_many_receives_make_a_dead_letter(&queue(&account), &account, MAX_RECEIVES).await;
}

#[tokio::test]
async fn refuses_what_is_over_the_limits() {
    suite::refuses_what_is_over_the_limits(&queue(&Account::with_queues().await)).await;
}

#[tokio::test]
async fn groups_of_long_ids_are_accepted() {
    suite::groups_of_long_ids_are_accepted(&queue(&Account::with_queues().await)).await;
}

#[tokio::test]
async fn bodies_survive() {
    suite::bodies_survive(&queue(&Account::with_queues().await)).await;
}

#[tokio::test]
async fn waiting_ends_with_the_message() {
    let account = Account::with_queues().await;
    suite::waiting_ends_with_the_message(&queue(&account), &account).await;
}

#[tokio::test]
async fn depth_counts() {
    let account = Account::with_queues().await;
    suite::depth_counts(&queue(&account), &account).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_delivery_has_one_holder() {
    let account = Account::with_queues().await;
    let (queue, name) = (queue(&account), QueueName::of(Stage::FaceDetection));
    let receivers: Vec<_> = (0..4)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move {
                let mut got = Vec::new();
                while got.len() < 10 {
                    let wait = Duration::from_secs(5);
                    got.extend(queue.receive(name, 1, Duration::from_secs(60), wait).await.unwrap());
                }
                got
            })
        })
        .collect();
    for number in 0..40 {
        queue.send(name, vec![NewMessage::new(number.to_string(), None)]).await.unwrap();
    }
    let mut deliveries = Vec::new();
    for receiver in receivers {
        deliveries.push(receiver.await.unwrap());
    }
    suite::each_delivery_has_one_holder(&queue, deliveries, 40).await;
}
