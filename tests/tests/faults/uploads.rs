//! Faults between client, object store and intake.

use crate::maintenance;
use crate::world::{PHOTO, World};
use bytes::Bytes;
use domain::object_event::ObjectCreated;
use domain::ports::objects::NewObject;
use domain::ports::uploads::Created;
use domain::ports::{Objects as _, PortErrorKind, Uploads as _};
use domain::{Bucket, ObjectKey, Stage, Upload, fixture};
use embedded::Uploads;
use ingest::maintenance::Action;
use std::collections::BTreeMap;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

fn event(upload: &Upload, etag: &str) -> String {
    let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
    let created = ObjectCreated {
        bucket: "media".into(),
        key: key.to_string(),
        size: PHOTO.len() as u64,
        etag: etag.into(),
    };
    created.to_event_bridge("event", fixture::now()).to_string()
}

#[tokio::test]
async fn record_written_and_201_lost() {
    let world = World::new().await;
    let first = world.declare(1).await;
    let again = Uploads::new(&world.store).create(fixture::awaiting_of(2, PHOTO)).await.unwrap();
    assert_eq!(again, Created::Duplicate(first.clone()), "the client's repeat finds the first");
    world.put(&first).await;
    world.rest().await;
    assert_eq!(world.seen(&first).await.status, "complete");
}

#[tokio::test]
async fn put_stored_and_200_lost() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    let key = ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id);
    let object = NewObject {
        bytes: Bytes::from_static(PHOTO),
        content_type: "image/jpeg".into(),
        metadata: BTreeMap::new(),
    };
    let again = world.objects().put(Bucket::Media, &key, object).await.unwrap_err();
    assert_eq!(again.kind, PortErrorKind::Conflict);
    world.rest().await;
    assert_eq!(world.seen(&upload).await.closings, 1);
}

#[tokio::test]
async fn event_lost() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.lose_arrivals().await;
    assert_eq!(maintenance::round(&world, false).await, []);
    world.clock.advance(Duration::from_secs(2 * 3600));
    assert!(matches!(maintenance::round(&world, false).await[..], [Action::SendEvent(_)]));
    world.rest().await;
    assert_eq!(world.seen(&upload).await.status, "complete");
}

#[tokio::test]
async fn event_twice() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    let etag = world
        .objects()
        .head(Bucket::Media, &ObjectKey::upload(&upload.tenant_id, &upload.user_id, upload.upload_id))
        .await
        .unwrap()
        .unwrap()
        .etag;
    world.send(event(&upload, &etag)).await;
    world.rest().await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.attempt, seen.closings), (1, 1));
    assert_eq!(world.runs(Stage::FaceDetection), 1);
    world.send(event(&upload, &etag)).await;
    world.rest().await;
    assert_eq!(world.seen(&upload).await, seen, "an event after the end changes nothing");
}

#[tokio::test]
async fn event_of_another_content_changes_nothing() {
    let world = World::new().await;
    let upload = world.declare(1).await;
    world.send(event(&upload, "forged")).await;
    world.rest().await;
    assert_eq!(world.live(&upload).await, upload);
    world.put(&upload).await;
    world.rest().await;
    let seen = world.seen(&upload).await;
    world.send(event(&upload, "forged")).await;
    world.rest().await;
    assert_eq!(world.seen(&upload).await, seen);
}

#[tokio::test]
async fn event_late() {
    let world = World::new().await;
    let upload = world.declare(1).await;
    world.clock.advance(DAY);
    assert_eq!(maintenance::round(&world, false).await, [Action::Expire]);
    assert_eq!(world.live(&upload).await.status.as_str(), "expired");
    world.put(&upload).await;
    world.rest().await;
    assert_eq!(world.seen(&upload).await.status, "complete", "a slow PUT revives it");
}

#[tokio::test]
async fn an_object_that_differs_from_its_declaration_is_refused_and_deleted() {
    for (bytes, code) in [
        (&b"\x89PNG\r\n\x1a\n 789"[..], "wrong_checksum"),
        (b"\xff\xd8\xff\xe0 another", "wrong_checksum"),
        (b"\xff\xd8\xff\xe0 longer than declared", "wrong_length"),
        (b"<html></html>", "unsupported_type"),
        (b"", "unsupported_type"),
    ] {
        let world = World::new().await;
        let upload = world.declare(1).await;
        world.put_bytes(&upload, bytes).await;
        world.rest().await;
        let refused = world.live(&upload).await;
        assert_eq!(refused.refused.as_ref().map(|code| code.as_str()), Some(code));
        assert_eq!(refused.status.as_str(), "failed");
        let left = world.objects().list(Bucket::Media, "user-uploads/", None, 10).await.unwrap();
        assert_eq!(left.objects, [], "{code}");
        world.begin(&refused, domain::begin::Scope::Resume, 3, false).await;
        world.rest().await;
        assert_eq!(world.live(&upload).await, refused, "there is nothing to replay");
        let anew = Uploads::new(&world.store).create(fixture::awaiting_of(2, PHOTO)).await.unwrap();
        assert!(matches!(anew, Created::New(_)), "the content is free again");
    }
}

#[tokio::test]
async fn an_object_without_the_api_is_adopted_once() {
    let world = World::new().await;
    let put = async |raw: &str, bytes: &'static [u8]| {
        let object = NewObject {
            bytes: Bytes::from_static(bytes),
            content_type: "x/y".into(),
            metadata: BTreeMap::new(),
        };
        world.objects().put(Bucket::Media, &ObjectKey::parse(raw).unwrap(), object).await.unwrap()
    };
    let head = put("user-uploads/acme/ana/holiday 1.jpg", PHOTO).await;
    for stranger in ["user-uploads/acme/unknown/a.jpg", "user-uploads/acme/ana/deep/a.jpg", "user-uploads/a"]
    {
        put(stranger, PHOTO).await;
    }
    put("user-uploads/acme/ana/notes.txt", b"no photo").await;
    put("user-uploads/acme/ana/empty.jpg", b"").await;
    world.rest().await;
    let id = domain::UploadId::adopted("media", "user-uploads/acme/ana/holiday 1.jpg", &head.etag);
    let adopted = Upload { upload_id: id, ..fixture::awaiting() };
    let seen = world.seen(&adopted).await;
    assert_eq!((seen.status.as_str(), seen.attempt), ("complete", 1));
    assert_eq!(world.artefacts().await.len(), 3, "only one was adopted");
    let key = world.live(&adopted).await.object.unwrap().key;
    assert_eq!(key.as_str(), "user-uploads/acme/ana/holiday 1.jpg", "it stays where it is");
    let left = world.objects().list(Bucket::Media, "user-uploads/", None, 10).await.unwrap();
    assert_eq!(left.objects.len(), 6, "nothing was deleted");
}

#[tokio::test]
async fn a_bad_body_is_buried_and_the_rest_goes_on() {
    let world = World::new().await;
    for bad in ["", "{", "{\"begin\": 7}", "[]"] {
        world.send(bad.into()).await;
    }
    let upload = world.upload(1).await;
    world.rest().await;
    assert_eq!(world.seen(&upload).await.status, "complete");
    let letters = world.letters().await;
    assert_eq!(letters.len(), 4);
    assert!(letters.iter().all(|letter| letter.code.as_str() == "invalid_message"));
}
