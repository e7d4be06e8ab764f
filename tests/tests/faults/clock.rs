//! A clock that is set back, while a store is closed and while it is open.

use domain::QueueName;
use domain::ports::queue::NewMessage;
use domain::ports::{Clock, Queue as _};
use domain::{Stage, Timestamp};
use embedded::{ManualClock, Options, Policy, Queue, Store};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const QUEUE: QueueName = QueueName::of(Stage::FaceDetection);
const MINUTE: Duration = Duration::from_secs(60);

fn open(root: &Path, clock: Option<Arc<dyn Clock>>) -> (Store, Queue) {
    let store = Store::open(root, Options { clock, ..Options::default() }).unwrap();
    let queue = Queue::new(&store, Policy::default());
    (store, queue)
}

/// Leaves a store that was written an hour ahead of the machine's clock.
async fn written_in_the_future(root: &Path) -> Timestamp {
    let ahead = Timestamp::now() + Duration::from_secs(3600);
    let (_store, queue) = open(root, Some(Arc::new(ManualClock::new(ahead))));
    queue.send(QUEUE, vec![NewMessage::new("sent before", None)]).await.unwrap();
    let delayed = NewMessage { delay: MINUTE, ..NewMessage::new("delayed", None) };
    queue.send(QUEUE, vec![delayed]).await.unwrap();
    ahead
}

#[tokio::test]
async fn time_goes_on_from_the_latest_moment_seen() {
    let root = tempfile::tempdir().unwrap();
    let ahead = written_in_the_future(root.path()).await;
    let (store, queue) = open(root.path(), None);
    let reopened = store.clock().now();
    assert!(reopened.as_millisecond() >= ahead.as_millisecond(), "the store's time went back");
    queue.send(QUEUE, vec![NewMessage::new("sent after", None)]).await.unwrap();
    let got = queue.receive(QUEUE, 10, MINUTE, Duration::ZERO).await.unwrap();
    let bodies: Vec<&str> = got.iter().map(|delivery| delivery.body.as_str()).collect();
    assert_eq!(bodies, ["sent before", "sent after"]);
    assert!(got[0].sent_at <= got[1].sent_at);
    // And it does go on: with a machine an hour behind, waits and visibility still end.
    store.clock().sleep_until(reopened + Duration::from_millis(5)).await;
    queue.extend(QUEUE, &got[0].receipt, Duration::from_millis(20)).await.unwrap();
    let again = queue.receive(QUEUE, 1, MINUTE, MINUTE).await.unwrap();
    assert_eq!((again[0].body.as_str(), again[0].receive_count), ("sent before", 2));
}

#[tokio::test]
async fn a_restart_releases_claims_and_not_delays() {
    let root = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Timestamp::now()));
    let (store, queue) = open(root.path(), Some(clock.clone()));
    for name in ["claimed", "acknowledged"] {
        queue.send(QUEUE, vec![NewMessage::new(name, None)]).await.unwrap();
    }
    let delayed = NewMessage { delay: MINUTE, ..NewMessage::new("delayed", None) };
    queue.send(QUEUE, vec![delayed]).await.unwrap();
    let got = queue.receive(QUEUE, 10, MINUTE, Duration::ZERO).await.unwrap();
    assert_eq!(got.len(), 2);
    queue.acknowledge(QUEUE, &[got[1].receipt.clone()]).await.unwrap();
    drop((store, queue));

    let (_store, queue) = open(root.path(), Some(clock.clone()));
    let first = queue.receive(QUEUE, 10, MINUTE, Duration::ZERO).await.unwrap();
    assert_eq!(first.iter().map(|delivery| delivery.body.as_str()).collect::<Vec<_>>(), ["claimed"]);
    // The dead holder's receipt is stale for ever, whatever its numbers.
    queue.acknowledge(QUEUE, &[got[0].receipt.clone()]).await.unwrap();
    assert!(queue.extend(QUEUE, &got[0].receipt, MINUTE).await.is_err());
    queue.extend(QUEUE, &first[0].receipt, MINUTE).await.unwrap();
    clock.advance(MINUTE);
    let later = queue.receive(QUEUE, 10, MINUTE, Duration::ZERO).await.unwrap();
    let mut bodies: Vec<_> = later.iter().map(|delivery| delivery.body.as_str()).collect();
    bodies.sort_unstable();
    assert_eq!(bodies, ["claimed", "delayed"]);
}
