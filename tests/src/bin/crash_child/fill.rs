//! Sends and puts until the disk is full, says so, and goes away.

use bytes::Bytes;
use domain::ports::objects::NewObject;
use domain::ports::queue::NewMessage;
use domain::ports::{Objects as _, PortError, Queue as _};
use domain::{Bucket, ObjectKey, QueueName, Stage};
use embedded::{Objects, Policy, Queue, Store};

/// Attempts after the first refusal: it must stay one, and nothing else may break.
const TRIES_AFTER: usize = 3;
/// Far more than the limit that the test sets lets through.
const MAX_OPERATIONS: usize = 2_000;

/// Fills the store and reports acknowledged and refused writes.
pub async fn work(store: &Store) -> anyhow::Result<()> {
    let queue = Queue::new(store, Policy::default());
    let objects = Objects::new(store, "http://127.0.0.1:8080");
    let mut refusals = 0;
    for number in 0..MAX_OPERATIONS {
        let body = format!("{number}.{}", "x".repeat(20_000));
        let sent = queue.send(QueueName::of(Stage::FaceDetection), vec![NewMessage::new(body, None)]).await;
        refusals += tell(sent, &format!("sent {number}"));
        let key = ObjectKey::parse(&format!("user-uploads/acme/ana/{number}"))?;
        refusals += tell(objects.put(Bucket::Media, &key, object(10_000)).await, &format!("put {key}"));
        if refusals > TRIES_AFTER {
            break;
        }
    }
    let key = ObjectKey::parse("generated-images/large")?;
    tell(objects.put(Bucket::Media, &key, object(8 << 20)).await, "put generated-images/large");
    Ok(())
}

fn object(bytes: usize) -> NewObject {
    NewObject {
        bytes: Bytes::from(vec![0x5a; bytes]),
        content_type: "image/jpeg".into(),
        metadata: Default::default(),
    }
}

/// Reports a write or its refusal; returns the number of refusals.
fn tell<T>(outcome: Result<T, PortError>, done: &str) -> usize {
    match outcome {
        Ok(_) => println!("{done}"),
        Err(error) => {
            println!("refused {:?} {error}", error.kind);
            return 1;
        }
    }
    0
}
