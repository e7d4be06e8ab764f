//! The reports of a killed process, against the contents of its data directory.

use domain::object_event::ObjectCreated;
use domain::object_key::UPLOADS_PREFIX;
use domain::ports::gallery::{GalleryFilter, MAX_PAGE};
use domain::ports::objects::MAX_LISTED;
use domain::ports::queue::MAX_BATCH;
use domain::ports::{Gallery as _, Objects as _, Queue as _, Uploads as _};
use domain::{Bucket, IntakeMessage, ObjectKey, QueueName, Sha256, Stage, fixture};
use embedded::{Gallery, Objects, Policy, Queue, Store, Uploads};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

/// Acknowledged operations. An operation without acknowledgement may have happened or not.
#[derive(Default)]
pub struct Said {
    sent: BTreeSet<String>,
    acknowledging: BTreeSet<String>,
    acknowledged: BTreeSet<String>,
    put: BTreeMap<String, String>,
    deleting: BTreeSet<String>,
    deleted: BTreeSet<String>,
    created: BTreeSet<u128>,
    closed: BTreeSet<u128>,
}

impl Said {
    pub fn read(lines: &[String]) -> Self {
        let mut said = Said::default();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |word: &str| word.parse::<u128>().expect("an id");
            match words.as_slice() {
                ["open"] => {}
                ["sent", body] => drop(said.sent.insert((*body).into())),
                ["acknowledging", body] => drop(said.acknowledging.insert((*body).into())),
                ["acknowledged", body] => drop(said.acknowledged.insert((*body).into())),
                ["put", key, sha256] => drop(said.put.insert((*key).into(), (*sha256).into())),
                ["deleting", key] => drop(said.deleting.insert((*key).into())),
                ["deleted", key] => drop(said.deleted.insert((*key).into())),
                ["created", id] => drop(said.created.insert(number(id))),
                ["closed", id] => drop(said.closed.insert(number(id))),
                _ => panic!("the child said {line:?}"),
            }
        }
        said
    }

    /// How many operations were acknowledged.
    pub fn operations(&self) -> usize {
        self.sent.len() + self.acknowledged.len() + self.put.len() + self.deleted.len() + self.closed.len()
    }

    /// Messages: nothing acknowledged is lost, nothing deleted is delivered, and no claim of a dead process delays a message.
    pub async fn check_messages(&self, store: &Store) {
        let there = drain(store, QueueName::of(Stage::FaceDetection)).await;
        let distinct: BTreeSet<&String> = there.iter().collect();
        assert_eq!(distinct.len(), there.len(), "a message is there twice");
        for body in self.sent.difference(&self.acknowledging) {
            assert!(distinct.contains(body), "message {body} was sent and is lost");
        }
        for body in &self.acknowledged {
            assert!(!distinct.contains(body), "message {body} was acknowledged and came back");
        }
    }

    /// Objects: every row has its bytes, every file its row, every upload its event.
    pub async fn check_objects(&self, store: &Store) {
        let objects = Objects::new(store, "http://127.0.0.1:8080");
        let reconciled = objects.reconcile_all(Duration::ZERO).await.unwrap();
        assert_eq!(reconciled.lost, [], "rows without files");
        let rows = list(&objects).await;
        assert_eq!(files(&store.dir().objects()), rows.len(), "files without rows");
        assert_eq!(files(&store.dir().tmp()), 0, "drafts are left");
        for (key, sha256) in &self.put {
            if !self.deleting.contains(key) {
                assert_eq!(rows.get(key), Some(sha256), "object {key} was put");
            }
        }
        for key in &self.deleted {
            assert!(!rows.contains_key(key), "object {key} was deleted");
        }
        let events = self.events(store).await;
        for key in rows.keys().filter(|key| key.starts_with(UPLOADS_PREFIX)) {
            assert!(events.contains(key), "upload {key} has no event");
        }
        for key in &events {
            assert!(rows.contains_key(key) || self.deleting.contains(key), "an event of nothing: {key}");
        }
    }

    async fn events(&self, store: &Store) -> BTreeSet<String> {
        let bodies = drain(store, QueueName::UPLOADS).await;
        let created = bodies.iter().flat_map(|body| match IntakeMessage::parse(body).expect("an event") {
            IntakeMessage::Objects { created, .. } => created,
            other => panic!("{other:?} in queue uploads"),
        });
        created.map(|ObjectCreated { key, .. }| key).collect()
    }

    /// Records: none is lost, and a gallery row is there exactly when its closing was committed.
    pub async fn check_records(&self, store: &Store) {
        let (uploads, gallery) = (Uploads::new(store), Gallery::new(store));
        let (tenant, user) = fixture::owner();
        let mut shown = BTreeSet::new();
        let mut after = None;
        loop {
            let filter = GalleryFilter::default();
            let page = gallery.page(&tenant, &user, &filter, after, MAX_PAGE).await.unwrap();
            shown.extend(page.rows.iter().map(|row| row.upload_id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for id in &self.created {
            let id_of = fixture::upload_id(*id);
            let record = uploads.get(&tenant, id_of).await.unwrap();
            let upload =
                record.and_then(domain::Record::live).unwrap_or_else(|| panic!("record {id} is lost"));
            assert_eq!(upload.version == 2, shown.contains(&id_of), "record {id} and its gallery row differ");
            assert!(upload.version == 2 || !self.closed.contains(id), "record {id} was closed");
        }
    }
}

/// Receives and acknowledges everything that is visible now.
async fn drain(store: &Store, name: QueueName) -> Vec<String> {
    let queue = Queue::new(store, Policy::default());
    let mut bodies = Vec::new();
    loop {
        let got = queue.receive(name, MAX_BATCH, Duration::from_secs(60), Duration::ZERO).await.unwrap();
        if got.is_empty() {
            let depth = queue.depth(name).await.unwrap();
            assert_eq!((depth.visible, depth.hidden), (0, 0), "messages of {name} are hidden");
            return bodies;
        }
        let receipts: Vec<_> = got.iter().map(|delivery| delivery.receipt.clone()).collect();
        queue.acknowledge(name, &receipts).await.unwrap();
        bodies.extend(got.into_iter().map(|delivery| delivery.body));
    }
}

/// Every object's key and sha256, its bytes read and compared.
async fn list(objects: &Objects) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    let mut from: Option<ObjectKey> = None;
    loop {
        let listing = objects.list(Bucket::Media, "", from.as_ref(), MAX_LISTED).await.unwrap();
        for (key, size) in &listing.objects {
            let (head, bytes) = objects.get(Bucket::Media, key, None, None).await.unwrap();
            assert_eq!(bytes.len() as u64, *size, "object {key} is cut");
            assert_eq!(head.sha256, Some(Sha256::of(&bytes)), "object {key} is damaged");
            rows.insert(key.to_string(), Sha256::of(&bytes).to_string());
        }
        from = listing.next;
        if from.is_none() {
            return rows;
        }
    }
}

/// How many files lie below a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() { files(&path) } else { 1 }
        })
        .sum()
}
