//! AWS fails for minutes or hours: nothing is lost, and what had to be given up can be redriven.

use crate::world::{PHOTO, World};
use domain::begin::Scope;
use domain::ports::queue::MAX_DELAY;
use domain::ports::{Clock as _, Objects as _};
use domain::record::MIN_PASSES;
use domain::{Bucket, Code, QueueName, Record, Stage, Upload};
use lifecycle::{Redriven, erase, erasure, redrive};
use std::time::Duration;

/// How far the clock is wound at a time.
const STEP: Duration = Duration::from_secs(10);
const TWENTY_MINUTES: Duration = Duration::from_secs(20 * 60);
const HOUR: Duration = Duration::from_secs(3600);

/// Lets time pass, and handles what can be handled.
async fn pass(world: &World, time: Duration, step: Duration) {
    let end = world.clock.now() + time;
    while world.clock.now() < end {
        world.drain_all().await;
        world.clock.advance(step);
    }
    world.drain_all().await;
}

/// Photos at every place of the pipeline: each stage has one in its queue, and intake has the last.
async fn photos_everywhere(world: &World) -> Vec<Upload> {
    let mut uploads = Vec::new();
    for (number, stage) in (1..).zip(Stage::ALL.into_iter().rev()) {
        uploads.push(photo(world, number).await);
        while world.drain_before(stage).await > 0 {}
    }
    uploads.push(photo(world, 0).await);
    uploads
}

/// A photo with a content of its own; the same content twice is one upload.
async fn photo(world: &World, number: u8) -> Upload {
    let content = [PHOTO, &[number]].concat().leak();
    let upload = world.declare_of(number.into(), content).await;
    world.put_bytes(&upload, content).await;
    upload
}

#[tokio::test]
async fn twenty_minutes_lose_nothing_and_make_no_dead_letter() {
    for (which, is_out) in [
        ("every call", (|_| true) as fn(&str) -> bool),
        ("every call but those of queues", |call| !call.starts_with("queue.")),
    ] {
        let world = World::new().await;
        let uploads = photos_everywhere(&world).await;
        world.plan.interrupt(is_out);
        pass(&world, TWENTY_MINUTES, STEP).await;
        for upload in &uploads {
            assert_ne!(world.seen(upload).await.status, "complete", "{which} fails");
        }
        world.plan.restore();
        pass(&world, TWENTY_MINUTES, STEP).await;
        for upload in &uploads {
            let seen = world.seen(upload).await;
            let found = (seen.status.as_str(), seen.attempt, seen.dead_letters);
            assert_eq!(found, ("complete", 1, 0), "{which}: 20 minutes after its end");
            assert_eq!(seen.artefacts.len(), 3 * uploads.len(), "{which}: three of each, and no more");
            assert_eq!(seen.closings, 1, "{which}");
        }
    }
}

/// Lets messages of queue `uploads` fail until they are dead letters; returns their rows.
async fn give_up(world: &World) -> Vec<domain::DeadLetter> {
    pass(world, 5 * HOUR, Duration::from_secs(300)).await;
    world.plan.restore();
    pass(world, HOUR, Duration::from_secs(300)).await;
    world.letters().await
}

#[tokio::test]
async fn an_event_and_an_order_to_begin_that_were_given_up_are_sent_again() {
    // A declared photo's event.
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.plan.interrupt(|call| call.starts_with("uploads."));
    let [letter] = &give_up(&world).await[..] else { panic!("there is one row") };
    assert_eq!(letter.queue, QueueName::UPLOADS);
    assert_eq!((letter.upload_id, &letter.code), (Some(upload.upload_id), &Code::dead_lettered()));
    assert_eq!(letter.tenant_id.as_ref(), Some(&upload.tenant_id));
    for expected in [Redriven::Ordered, Redriven::NoSuchRow] {
        assert_eq!(redrive(&world.ingest, letter.id, "operator").await.unwrap(), expected);
    }
    world.rest().await;
    assert_eq!((world.seen(&upload).await.status.as_str(), world.letters().await.len()), ("complete", 0));

    // An order to begin.
    let closed = world.live(&upload).await;
    world.begin(&closed, Scope::FromStage(Stage::MelodyGeneration), 5, false).await;
    world.plan.interrupt(|call| call.starts_with("uploads."));
    let [letter] = &give_up(&world).await[..] else { panic!("there is one row") };
    assert_eq!(letter.upload_id, Some(upload.upload_id));
    assert_eq!(redrive(&world.ingest, letter.id, "operator").await.unwrap(), Redriven::Ordered);
    world.rest().await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.status.as_str(), seen.attempt, seen.dead_letters), ("complete", 2, 0));
}

#[tokio::test]
async fn an_erasure_whose_object_store_fails_for_hours_ends_erased() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.rest().await;
    let (tenant, id) = (&upload.tenant_id, upload.upload_id);
    world.plan.interrupt(|call| call.starts_with("objects."));
    erase(&world.ingest, tenant, id).await.expect_err("its objects cannot be deleted");
    pass(&world, 5 * HOUR, Duration::from_secs(300)).await;
    let [letter] = &world.letters().await[..] else { panic!("the operator sees a row") };
    assert_eq!(letter.upload_id, Some(id));
    assert_eq!(
        world.objects().list(Bucket::Media, "user-uploads/", None, 10).await.unwrap().objects.len(),
        1
    );
    world.plan.restore();
    pass(&world, (MIN_PASSES + 2) * MAX_DELAY, Duration::from_secs(300)).await;
    assert_erased(&world, &upload).await;
    assert_eq!(world.letters().await, [], "the row goes with what it was about");
}

#[tokio::test]
async fn a_lost_order_to_erase_is_given_again() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.rest().await;
    let (tenant, user, id) = (&upload.tenant_id, &upload.user_id, upload.upload_id);
    erasure::repeat(&world.ingest, tenant, user, id).await.unwrap();
    assert_eq!(world.seen(&upload).await.status, "complete", "what is not erased stays");
    world.plan.interrupt(|call| call.starts_with("objects."));
    erase(&world.ingest, tenant, id).await.expect_err("its objects cannot be deleted");
    // The order itself is lost.
    world.lose_arrivals().await;
    world.plan.restore();
    erasure::repeat(&world.ingest, tenant, user, id).await.unwrap();
    world.drain_all().await;
    assert_erased(&world, &upload).await;
}

async fn assert_erased(world: &World, upload: &Upload) {
    assert!(matches!(world.reload(upload).await, Some(Record::Erased(_))));
    for prefix in ["user-uploads/", "previews/", "generated-images/", "generated-melodies/"] {
        let left = world.objects().list(Bucket::Media, prefix, None, 10).await.expect("listing works");
        assert_eq!(left.objects, [], "{prefix}");
    }
}
