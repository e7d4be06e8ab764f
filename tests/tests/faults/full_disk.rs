//! A full disk is an error with a name; what was acknowledged stays, and with space everything works again.

use crate::child::Worker;
use bytes::Bytes;
use domain::ports::objects::NewObject;
use domain::ports::queue::{MAX_BATCH, NewMessage};
use domain::ports::{Objects as _, PortErrorKind, Queue as _};
use domain::{Bucket, ObjectKey, QueueName, Stage};
use embedded::{Objects, Options, Policy, Queue, Store};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// Pages that the database may have beyond its empty tables.
const ROOM_PAGES: u32 = 80;
/// SQLite's page, in bytes.
const PAGE_BYTES: u64 = 4096;

const QUEUE: QueueName = QueueName::of(Stage::FaceDetection);

fn open(root: &Path, max_pages: Option<u32>) -> (Store, Queue, Objects) {
    let store = Store::open(root, Options { max_pages, ..Options::default() }).unwrap();
    let (queue, objects) = (Queue::new(&store, Policy::default()), Objects::new(&store, "http://127.0.0.1"));
    (store, queue, objects)
}

/// Pages of the database as it lies on the disk.
pub fn pages(root: &Path) -> u32 {
    let bytes = std::fs::metadata(root.join("semblante.db")).unwrap().len();
    u32::try_from(bytes / PAGE_BYTES).unwrap()
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::parse(&format!("user-uploads/acme/ana/{name}")).unwrap()
}

fn object() -> NewObject {
    NewObject {
        bytes: Bytes::from(vec![7; 1000]),
        content_type: "image/jpeg".into(),
        metadata: Default::default(),
    }
}

/// Receives everything without acknowledging it: the numbers before the first dot of the bodies.
async fn numbers(queue: &Queue) -> BTreeSet<String> {
    let mut numbers = BTreeSet::new();
    loop {
        let got = queue.receive(QUEUE, MAX_BATCH, Duration::from_secs(600), Duration::ZERO).await.unwrap();
        if got.is_empty() {
            return numbers;
        }
        for delivery in got {
            let number = delivery.body.split('.').next().unwrap().to_owned();
            assert!(numbers.insert(number), "a message is there twice");
        }
    }
}

#[tokio::test]
async fn a_full_database_refuses_and_recovers() {
    let root = tempfile::tempdir().unwrap();
    drop(open(root.path(), None));
    let pages = pages(root.path()) + ROOM_PAGES;
    let (store, queue, objects) = open(root.path(), Some(pages));
    let body = "x".repeat(10_000);
    let firsts = ["first", "second"].map(|name| NewMessage::new(format!("{name}.{body}"), None));
    queue.send(QUEUE, firsts.into()).await.unwrap();
    let claimed = queue.receive(QUEUE, 2, Duration::from_secs(600), Duration::ZERO).await.unwrap();
    let mut sent = 0;
    let refused = loop {
        match queue.send(QUEUE, vec![NewMessage::new(format!("{sent}.{body}"), None)]).await {
            Ok(()) => sent += 1,
            Err(error) => break error,
        }
        assert!(sent < 1000, "the pages never fill");
    };
    assert_eq!(refused.kind, PortErrorKind::Full);
    assert!(refused.to_string().contains("no space left"), "{refused}");

    // A batch is whole or not at all, and so is an object: its row does not fit beside the event that it raises.
    let batch = (0..MAX_BATCH).map(|_| NewMessage::new(format!("batch.{body}"), None)).collect();
    assert!(queue.send(QUEUE, batch).await.is_err());
    let mut objects_put = 0;
    let refused = loop {
        match objects.put(Bucket::Media, &key(&objects_put.to_string()), object()).await {
            Ok(_) => objects_put += 1,
            Err(error) => break error,
        }
        assert!(objects_put < 1000, "the pages never fill");
    };
    assert!(refused.to_string().contains("no space left"), "{refused}");
    assert_eq!(objects.head(Bucket::Media, &key(&objects_put.to_string())).await.unwrap(), None);
    let files = std::fs::read_dir(root.path().join("objects/media/user-uploads/acme/ana"));
    assert_eq!(files.map_or(0, Iterator::count), objects_put, "a refused put left its file");
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());

    // Deleting needs no new page, and what it frees can be filled again. Two go for one: a message at the end of the
    // table may need a leaf that one at its beginning does not free.
    let receipts: Vec<_> = claimed.iter().map(|delivery| delivery.receipt.clone()).collect();
    queue.acknowledge(QUEUE, &receipts).await.unwrap();
    queue.send(QUEUE, vec![NewMessage::new(format!("again.{body}"), None)]).await.unwrap();
    drop((store, queue, objects));

    let (_store, queue, objects) = open(root.path(), None);
    objects.put(Bucket::Media, &key(&objects_put.to_string()), object()).await.unwrap();
    let there = numbers(&queue).await;
    assert_eq!(there.len(), sent + 1, "as many as were acknowledged to us");
    assert!(there.contains("again") && !there.contains("batch"), "{there:?}");
}

#[tokio::test]
async fn a_file_that_may_not_grow_refuses_and_recovers() {
    let root = tempfile::tempdir().unwrap();
    drop(open(root.path(), None));
    let lines = Worker::start_with_file_limit(4096, "fill", root.path(), 0).finish();
    let said = |prefix: &str| -> BTreeSet<String> {
        lines.iter().filter_map(|line| line.strip_prefix(prefix)).map(str::to_owned).collect()
    };
    let (sent, put, refused) = (said("sent "), said("put "), said("refused "));
    assert!(!sent.is_empty() && !put.is_empty(), "{lines:?}");
    assert!(refused.iter().any(|error| error.starts_with("Full full: ")), "{refused:?}");
    assert!(refused.iter().any(|error| error.contains("no space left")), "{refused:?}");
    assert!(!put.contains("generated-images/large"), "a file beyond the limit");

    let (store, queue, objects) = open(root.path(), None);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let reconciled = objects.reconcile_all(Duration::ZERO).await.unwrap();
    assert_eq!(reconciled.lost, []);
    for key in put {
        let key = ObjectKey::parse(&key).unwrap();
        let (_, bytes) = objects.get(Bucket::Media, &key, None, None).await.unwrap();
        assert_eq!(bytes.len(), 10_000);
    }
    let there = numbers(&queue).await;
    assert!(there.is_superset(&sent), "acknowledged messages are lost");
    queue.send(QUEUE, vec![NewMessage::new("again", None)]).await.unwrap();
    objects.put(Bucket::Media, &key("again"), object()).await.unwrap();
}
