//! The contract of [`crate::ports::Objects`].

use crate::fixture::{later, owner, upload_id};
use crate::intake_message::IntakeMessage;
use crate::object_event::ObjectCreated;
use crate::object_key::{Bucket, ObjectKey};
use crate::ports::objects::{MAX_METADATA_BYTES, MAX_PIECE_BYTES, NewObject};
use crate::ports::{Objects, PortErrorKind, Queue};
use crate::queue_name::QueueName;
use crate::sha256::Sha256;
use bytes::Bytes;
use futures_util::TryStreamExt;
use std::collections::BTreeMap;
use std::time::Duration;

fn key(raw: &str) -> ObjectKey {
    ObjectKey::parse(raw).expect("a legal key")
}

fn object(content: &str) -> NewObject {
    NewObject {
        bytes: Bytes::copy_from_slice(content.as_bytes()),
        content_type: "image/jpeg".into(),
        metadata: BTreeMap::from([("made-by".into(), "test".into())]),
    }
}

async fn put(objects: &dyn Objects, raw: &str, content: &str) {
    objects.put(Bucket::Media, &key(raw), object(content)).await.expect("putting works");
}

async fn read(objects: &dyn Objects, raw: &str) -> Bytes {
    objects.get(Bucket::Media, &key(raw), None, None).await.expect("reading works").1
}

/// An object is read back, whole and in part, with its type and metadata.
pub async fn reads_back_what_was_put(objects: &dyn Objects) {
    let head = objects.put(Bucket::Media, &key("a/b"), object("content")).await.expect("putting works");
    assert_eq!((head.size, head.content_type.as_str()), (7, "image/jpeg"));
    let found = objects.head(Bucket::Media, &key("a/b")).await.expect("reading works").expect("it is there");
    assert_eq!((&found.etag, found.metadata["made-by"].as_str()), (&head.etag, "test"));
    assert!(found.sha256.is_none_or(|sha256| sha256 == Sha256::of(b"content")));
    for (range, expected) in [(None, "content"), (Some(0..3), "con"), (Some(5..900), "nt"), (Some(6..7), "t")]
    {
        let (_, bytes) =
            objects.get(Bucket::Media, &key("a/b"), Some(&head.etag), range).await.expect("reading works");
        assert_eq!(bytes, expected);
    }
    for range in [7..9, 3..3] {
        let refused =
            objects.get(Bucket::Media, &key("a/b"), None, Some(range)).await.expect_err("behind the end");
        assert_eq!(refused.kind, PortErrorKind::Denied);
    }
}

/// More than a few pieces, and not a whole number of them.
fn long_content() -> Bytes {
    (0..3 * MAX_PIECE_BYTES as u32 + 1000).map(|number| number.to_le_bytes()[1]).collect()
}

/// A stream gives the content, whole and in part, in order and in small pieces; one that is open survives a deletion.
pub async fn streams_in_pieces(objects: &dyn Objects) {
    let content = long_content();
    let new = NewObject { bytes: content.clone(), ..object("") };
    objects.put(Bucket::Media, &key("a/b"), new).await.expect("putting works");
    let size = content.len();
    for range in [0..size, 0..1, 10..size - 10, MAX_PIECE_BYTES..MAX_PIECE_BYTES + 1] {
        let asked = Some(range.start as u64..range.end as u64);
        let opened = objects.stream(Bucket::Media, &key("a/b"), None, asked).await;
        let (head, pieces) = opened.expect("reading works");
        assert_eq!(head.size, size as u64, "the size is the object's, not the range's");
        let pieces: Vec<Bytes> = pieces.try_collect().await.expect("reading works");
        assert!(pieces.iter().all(|piece| (1..=MAX_PIECE_BYTES).contains(&piece.len())));
        assert!(pieces.concat() == content[range.clone()], "{range:?}");
    }
    let opened = objects.stream(Bucket::Media, &key("a/b"), None, None).await;
    let (_, mut pieces) = opened.expect("reading works");
    let mut read = pieces.try_next().await.expect("reading works").expect("a first piece").to_vec();
    objects.delete(Bucket::Media, &key("a/b")).await.expect("deleting works");
    while let Some(piece) = pieces.try_next().await.expect("what was opened is read to its end") {
        read.extend_from_slice(&piece);
    }
    assert!(read == content);
}

/// An empty object has no pieces and no range.
pub async fn an_empty_object_reads_back(objects: &dyn Objects) {
    put(objects, "empty", "").await;
    assert!(read(objects, "empty").await.is_empty());
    let refused = objects.get(Bucket::Media, &key("empty"), None, Some(0..1)).await.expect_err("no range");
    assert_eq!(refused.kind, PortErrorKind::Denied);
}

/// A spool is put by the rules of `put`: once, whole, with its event.
pub async fn a_spool_is_put_by_the_rules(objects: &dyn Objects) {
    let content = long_content();
    let mut spool = objects.spool().await.expect("spooling works");
    let mut sizes = [1, 70_000, 10, 65_536].into_iter().cycle();
    let mut rest = content.clone();
    while !rest.is_empty() {
        let piece = rest.split_to(sizes.next().unwrap_or(1).min(rest.len()));
        spool.append(piece).await.expect("spooling works");
    }
    assert_eq!((spool.size(), spool.sha256()), (content.len() as u64, Sha256::of(&content)));
    let head = spool.put(Bucket::Media, &key("a"), "image/jpeg").await.expect("putting works");
    assert_eq!((head.size, head.content_type.as_str()), (content.len() as u64, "image/jpeg"));
    assert!(head.metadata.is_empty() && head.sha256.is_none_or(|sha256| sha256 == Sha256::of(&content)));
    assert!(read(objects, "a").await == content);
    let mut other = objects.spool().await.expect("spooling works");
    other.append(Bytes::from_static(b"other")).await.expect("spooling works");
    let taken = other.put(Bucket::Media, &key("a"), "image/jpeg").await.expect_err("the key is taken");
    assert_eq!(taken.kind, PortErrorKind::Conflict);
    assert!(read(objects, "a").await == content);
}

/// A key is written once; buckets are apart; an ETag names one content.
pub async fn a_key_is_written_once(objects: &dyn Objects) {
    put(objects, "a", "first").await;
    let taken = objects.put(Bucket::Media, &key("a"), object("second")).await.expect_err("the key is taken");
    assert_eq!(taken.kind, PortErrorKind::Conflict);
    assert_eq!(read(objects, "a").await, "first");
    assert_eq!(objects.head(Bucket::UsersPhotos, &key("a")).await.expect("reading works"), None);
    let other =
        objects.get(Bucket::Media, &key("a"), Some("no-such-etag"), None).await.expect_err("another etag");
    assert_eq!(other.kind, PortErrorKind::Conflict);
    let absent = objects.get(Bucket::Media, &key("b"), None, None).await.expect_err("nothing there");
    assert_eq!(absent.kind, PortErrorKind::NotFound);
}

/// A deleted key is free again; deleting what is not there is no error.
pub async fn deleting_frees_the_key(objects: &dyn Objects) {
    put(objects, "a/b", "first").await;
    for _ in 0..2 {
        objects.delete(Bucket::Media, &key("a/b")).await.expect("deleting works");
    }
    assert_eq!(objects.head(Bucket::Media, &key("a/b")).await.expect("reading works"), None);
    put(objects, "a/b", "second").await;
    assert_eq!(read(objects, "a/b").await, "second");
}

/// Keys that look dangerous are just keys.
pub async fn strange_keys_are_just_keys(objects: &dyn Objects) {
    let long = "k".repeat(1024);
    let deep = ["d"; 500].join("/");
    let keys =
        ["a", "a/b", "a@1", "a%2Fb", "%2e%2e/x", "..a", "ключ/🎵", "sp ace", "q?x=1&y", "A", &long, &deep];
    for (number, raw) in keys.iter().enumerate() {
        put(objects, raw, &number.to_string()).await;
    }
    for (number, raw) in keys.iter().enumerate() {
        assert_eq!(read(objects, raw).await, number.to_string(), "{raw}");
    }
}

/// Listings are in key order, page by page, and stop where the prefix does.
pub async fn lists_by_prefix(objects: &dyn Objects) {
    for raw in ["p/1", "p/2", "p/3", "p0", "p", "q/1"] {
        put(objects, raw, raw).await;
    }
    let mut seen = Vec::new();
    let mut from = None;
    loop {
        let page = objects.list(Bucket::Media, "p/", from.as_ref(), 2).await.expect("listing works");
        seen.extend(page.objects.iter().map(|(key, size)| format!("{key}:{size}")));
        from = page.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["p/1:3", "p/2:3", "p/3:3"]);
}

/// A prefix is deleted whole and nothing beside it.
pub async fn deletes_by_prefix(objects: &dyn Objects) {
    for raw in ["p/1", "p/2", "p2", "q"] {
        put(objects, raw, "x").await;
    }
    assert_eq!(objects.delete_prefix(Bucket::Media, "p/").await.expect("deleting works"), 2);
    assert_eq!(objects.delete_prefix(Bucket::Media, "p/").await.expect("deleting nothing works"), 0);
    let left = objects.list(Bucket::Media, "", None, 10).await.expect("listing works").objects;
    assert_eq!(left.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["p2", "q"]);
    let refused = objects.delete_prefix(Bucket::Media, "").await.expect_err("the whole bucket");
    assert_eq!(refused.kind, PortErrorKind::Denied);
}

/// Metadata over the limit or with keys that no header can have is refused, and nothing is put.
pub async fn refuses_odd_metadata(objects: &dyn Objects) {
    for (name, value) in
        [("k", "x".repeat(MAX_METADATA_BYTES)), ("Upper", String::new()), ("a b", String::new())]
    {
        let odd = NewObject { metadata: BTreeMap::from([(name.into(), value)]), ..object("x") };
        let refused = objects.put(Bucket::Media, &key("a"), odd).await.expect_err("odd metadata");
        assert_eq!(refused.kind, PortErrorKind::Denied);
    }
    assert_eq!(objects.head(Bucket::Media, &key("a")).await.expect("reading works"), None);
}

/// An upload raises its event, spooled or not; other objects raise none, and neither does a put that was refused.
pub async fn an_upload_raises_its_event(objects: &dyn Objects, queue: &dyn Queue) {
    let (tenant, user) = owner();
    let uploaded = ObjectKey::upload(&tenant, &user, upload_id(1));
    put(objects, "previews/acme/x.jpg", "x").await;
    objects.put(Bucket::UsersPhotos, &uploaded, object("x")).await.expect("putting works");
    let head = objects.put(Bucket::Media, &uploaded, object("photo")).await.expect("putting works");
    assert!(objects.put(Bucket::Media, &uploaded, object("other")).await.is_err());
    let patience = Duration::from_secs(20);
    let delivered = queue
        .receive(QueueName::UPLOADS, 10, Duration::from_secs(60), patience)
        .await
        .expect("receiving works");
    let arrivals: Vec<IntakeMessage> =
        delivered.iter().map(|delivery| IntakeMessage::parse(&delivery.body).expect("an event")).collect();
    let [IntakeMessage::Objects { created, illegible: 0 }] = arrivals.as_slice() else {
        panic!("{arrivals:?}")
    };
    let bucket = created[0].bucket.clone();
    let expected = ObjectCreated { bucket, key: uploaded.to_string(), size: 5, etag: head.etag };
    assert_eq!(created, &[expected]);
    let more = queue.receive(QueueName::UPLOADS, 10, Duration::from_secs(60), Duration::ZERO).await;
    assert!(more.expect("receiving works").is_empty());
    let mut spool = objects.spool().await.expect("spooling works");
    spool.append(Bytes::from_static(b"spooled")).await.expect("spooling works");
    let spooled = ObjectKey::upload(&tenant, &user, upload_id(2));
    spool.put(Bucket::Media, &spooled, "image/jpeg").await.expect("putting works");
    let delivered = queue.receive(QueueName::UPLOADS, 10, Duration::from_secs(60), patience).await;
    let bodies: Vec<String> = delivered.expect("receiving works").into_iter().map(|d| d.body).collect();
    assert!(matches!(&bodies[..], [body] if body.contains(spooled.as_str())), "{bodies:?}");
}

/// Links name their object and expire.
pub async fn links_are_absolute(objects: &dyn Objects) {
    put(objects, "a b", "x").await;
    let link = objects.sign_get(Bucket::Media, &key("a b"), later(60)).await.expect("signing works");
    assert!(link.starts_with("http") && link.contains("a%20b"), "{link}");
}
