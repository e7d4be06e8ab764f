//! Events out.

use crate::account::Account;
use aws::{Events, Queue};
use domain::contract::events;
use domain::ports::Queue as _;
use domain::{DomainEvent, QueueName};
use serde_json::Value;
use std::time::Duration;

#[tokio::test]
async fn events_come_with_their_type_and_id() {
    let account = Account::with_bus().await;
    events::publishes_at_least_once(&Events::new(&account.clients, &account.resources)).await;
    let queue = Queue::new(&account.clients, &account.resources);
    let (visibility, patience) = (Duration::from_secs(60), Duration::from_secs(10));
    let received = queue.receive(QueueName::UPLOADS, 1, visibility, patience).await.unwrap();
    let event: Value = serde_json::from_str(&received[0].body).unwrap();
    assert_eq!((&event["source"], &event["detail-type"]), (&"semblante".into(), &"upload.closed".into()));
    let detail: DomainEvent = serde_json::from_value(event["detail"].clone()).unwrap();
    assert_eq!(detail, events::sample());
}
