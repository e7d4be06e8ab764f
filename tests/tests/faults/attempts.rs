//! Attempts that meet: replays, supersessions, erasures, redrives.

use crate::scripted::Act;
use crate::world::{PHOTO, World};
use domain::begin::Scope;
use domain::ports::queue::MAX_DELAY;
use domain::ports::{Clock as _, Objects as _, PortErrorKind, Uploads as _};
use domain::queue_name::STAGE_MAX_RECEIVES;
use domain::{Bucket, Erase, Record, Sha256, Stage};
use embedded::Uploads;
use lifecycle::{Redriven, erase, redrive};
use std::path::{Path, PathBuf};

#[tokio::test]
async fn a_replay_makes_again_everything_from_its_stage_on() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.rest().await;
    let closed = world.live(&upload).await;
    world.begin(&closed, Scope::FromStage(Stage::MelodyGeneration), 5, false).await;
    world.begin(&closed, Scope::FromStage(Stage::MelodyGeneration), 5, false).await;
    world.rest().await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.status.as_str(), seen.attempt, seen.closings), ("complete", 2, 2));
    assert_eq!(seen.artefacts, ["1.jpg", "1.mid", "1.mp3", "2.mid", "2.mp3"]);
    assert_eq!((world.runs(Stage::FaceDetection), world.runs(Stage::MelodyGeneration)), (1, 2));
    let shown = seen.shown.unwrap();
    assert!(shown.picture.unwrap().as_str().ends_with("/1.jpg"));
    assert!(shown.melody.unwrap().as_str().ends_with("/2.mp3"));
}

#[tokio::test]
async fn a_replay_against_a_live_run_is_refused() {
    for (stage, status) in [(Stage::FaceDetection, "stored"), (Stage::EmotionAnalysis, "running")] {
        let world = World::new().await;
        let upload = world.upload(1).await;
        world.drain_before(stage).await;
        let live = world.live(&upload).await;
        assert_eq!(live.status.as_str(), status);
        world.begin(&live, Scope::Resume, 5, false).await;
        world.rest().await;
        let seen = world.seen(&upload).await;
        assert_eq!((seen.status.as_str(), seen.attempt, seen.closings), ("complete", 1, 1));
    }
}

#[tokio::test]
async fn an_old_result_stays_visible_until_the_new_one_is_whole() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.rest().await;
    let before = world.seen(&upload).await.shown;
    world.always(Stage::ImageGeneration, Act::Reject);
    world.begin(&world.live(&upload).await, Scope::FromStage(Stage::ImageGeneration), 5, false).await;
    world.rest().await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.status.as_str(), seen.attempt), ("partial", 2));
    assert_eq!(seen.shown, before, "a partial result does not replace a complete one");
}

#[tokio::test]
async fn a_superseded_worker_finishes_and_leaves_nothing() {
    for stage in Stage::ALL {
        let world = World::new().await;
        let upload = world.upload(1).await;
        world.accompany(stage, &upload);
        world.script(stage, &[Act::BeSuperseded]);
        world.rest().await;
        let seen = world.seen(&upload).await;
        assert_eq!((seen.status.as_str(), seen.attempt, seen.closings), ("complete", 2, 1), "{stage}");
        let shown = seen.shown.unwrap();
        assert_eq!(shown.attempt, 2, "{stage}");
        assert!(shown.picture.unwrap().as_str().ends_with("/2.jpg"), "{stage}");
        let of_its_own = match stage {
            Stage::ImageGeneration => "1.jpg",
            Stage::MelodyGeneration => "1.mp3",
            _ => "none",
        };
        assert!(!seen.artefacts.iter().any(|name| name == of_its_own), "{stage}: {:?}", seen.artefacts);
    }
}

#[tokio::test]
async fn erased_while_running_nothing_comes_back() {
    for stage in Stage::ALL {
        let world = World::new().await;
        let upload = world.upload(1).await;
        world.accompany(stage, &upload);
        world.script(stage, &[Act::BeErased]);
        world.rest().await;
        assert!(matches!(world.reload(&upload).await, Some(Record::Erased(_))), "{stage}");
        for bucket in Bucket::ALL {
            let left = world.objects().list(bucket, "", None, 100).await.unwrap().objects;
            assert_eq!(left, [], "{stage}");
        }
        let (tenant, user) = domain::fixture::owner();
        let filter = Default::default();
        let page = world.ingest.gallery.page(&tenant, &user, &filter, None, 10).await.unwrap();
        assert_eq!(page.rows, [], "{stage}");
        assert_eq!(world.ingest.faces.get(upload.upload_id, 1, 100).await.unwrap(), [], "{stage}");
        assert_eq!(world.letters().await, [], "{stage}");
    }
}

#[tokio::test]
async fn an_object_that_arrives_for_a_tombstone_is_refused() {
    let world = World::new().await;
    let upload = world.declare(1).await;
    assert!(erase(&world.ingest, &upload.tenant_id, upload.upload_id).await.unwrap());
    let refused = world.try_put(&upload, PHOTO).await.expect_err("the upload is erased");
    assert_eq!(refused.kind, PortErrorKind::NotFound, "{refused}");
    world.rest().await;
    let left = world.objects().list(Bucket::Media, "", None, 10).await.unwrap().objects;
    assert_eq!(left, []);
    assert!(!erase(&world.ingest, &upload.tenant_id, upload.upload_id).await.unwrap());
}

/// S3 cannot refuse it.
#[tokio::test]
async fn an_object_whose_event_arrives_for_a_tombstone_is_deleted() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    let tombstone = Erase::of(&upload, world.clock.now()).tombstone();
    Uploads::new(&world.store).erase(tombstone).await.unwrap();
    world.rest().await;
    let left = world.objects().list(Bucket::Media, "", None, 10).await.unwrap().objects;
    assert_eq!(left, []);
}

#[tokio::test]
async fn a_replay_of_an_erased_upload_begins_nothing() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.rest().await;
    let closed = world.live(&upload).await;
    erase(&world.ingest, &upload.tenant_id, upload.upload_id).await.unwrap();
    world.begin(&closed, Scope::Resume, 5, false).await;
    world.rest().await;
    assert!(matches!(world.reload(&upload).await, Some(Record::Erased(_))));
    assert_eq!(world.runs(Stage::FaceDetection), 1);
}

#[tokio::test]
async fn a_dead_letter_is_redriven_to_complete() {
    for (stage, before) in [(Stage::FaceDetection, "failed"), (Stage::ImageGeneration, "partial")] {
        let world = World::new().await;
        world.script(stage, &[Act::Fail; STAGE_MAX_RECEIVES as usize]);
        let upload = world.upload(1).await;
        world.rest().await;
        assert_eq!(world.seen(&upload).await.status, before);
        let letter = world.letters().await[0].clone();
        for expected in [Redriven::Ordered, Redriven::NoSuchRow] {
            assert_eq!(redrive(&world.ingest, letter.id, "operator").await.unwrap(), expected);
        }
        world.rest().await;
        let seen = world.seen(&upload).await;
        assert_eq!((seen.status.as_str(), seen.attempt, seen.dead_letters), ("complete", 2, 0), "{stage}");
        assert_eq!(world.runs(Stage::MelodyGeneration), 1, "{stage}: what is good is kept");
    }
}

/// Files below a folder in which these bytes are.
fn files_with(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let found = entries.flat_map(|path| match path.is_dir() {
        true => files_with(&path, bytes),
        false => {
            let content = std::fs::read(&path).unwrap();
            Vec::from_iter(content.windows(bytes.len()).any(|window| window == bytes).then_some(path))
        }
    });
    found.collect()
}

#[tokio::test]
async fn an_erasure_leaves_no_byte_on_the_disk() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.rest().await;
    let root = world.store.dir().root().to_owned();
    let etag = &Sha256::of(PHOTO).to_string()[..32];
    assert!(!files_with(&root, PHOTO).is_empty() && !files_with(&root, etag.as_bytes()).is_empty());
    assert!(erase(&world.ingest, &upload.tenant_id, upload.upload_id).await.unwrap());
    assert_eq!(files_with(&root, PHOTO), Vec::<PathBuf>::new(), "at once");
    for _ in 0..10 {
        world.drain_all().await;
        world.clock.advance(MAX_DELAY);
    }
    let digest = Sha256::of(PHOTO);
    for secret in [PHOTO, etag.as_bytes(), digest.bytes()] {
        assert_eq!(files_with(&root, secret), Vec::<PathBuf>::new(), "after the later passes");
    }
}
