//! Maintenance: uploads that stand still are brought forward once they are due, and not before.

use crate::plan::Fault;
use crate::world::World;
use async_trait::async_trait;
use domain::begin::Scope;
use domain::ports::{Clock, Orchestrator as _};
use domain::{ExecutionName, ExecutionStatus, Ports, Stage, Timestamp, Upload};
use embedded::ManualClock;
use ingest::Maintenance;
use ingest::maintenance::Action;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// A round of maintenance: the action for each due upload.
pub async fn round(world: &World, dry_run: bool) -> Vec<Action> {
    let round =
        Maintenance::new(world.ingest.clone(), "media").round(None, dry_run).await.expect("reading works");
    round.findings.into_iter().map(|finding| finding.action.expect("maintaining works")).collect()
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let world = World::new().await;
    let upload = world.declare(1).await;
    assert_eq!(round(&world, false).await, []);
    world.clock.advance(DAY);
    assert_eq!(round(&world, true).await, [Action::Expire]);
    assert_eq!(world.live(&upload).await, upload);
    assert_eq!(round(&world, false).await, [Action::Expire]);
    assert_eq!(world.live(&upload).await.status.as_str(), "expired");
    assert_eq!(round(&world, false).await, []);
}

#[tokio::test]
async fn an_attempt_whose_execution_runs_is_left_alone() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.drain_before(Stage::FaceDetection).await;
    world.clock.advance(Duration::from_secs(5 * 3600));
    assert_eq!(round(&world, false).await, [Action::Nothing]);
    world.rest().await;
    assert_eq!(world.seen(&upload).await.status, "complete");
}

#[tokio::test]
async fn an_attempt_that_was_never_started_is_started() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    stored_without_a_start(&world).await;
    assert_eq!(world.live(&upload).await.status.as_str(), "stored");
    world.clock.advance(DAY);
    assert_eq!(round(&world, false).await, [Action::Start]);
    world.rest().await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.status.as_str(), seen.attempt, seen.closings), ("complete", 1, 1));
}

/// Intake writes the record, cannot start the execution, and its message is lost after that.
async fn stored_without_a_start(world: &World) {
    let rehearsal = World::new().await;
    rehearsal.upload(1).await;
    rehearsal.drain_before(Stage::FaceDetection).await;
    let start = rehearsal.plan.calls().iter().position(|call| *call == "orchestrator.start");
    world.plan.set(start.expect("intake starts an execution"), Fault::Fails);
    world.drain_before(Stage::FaceDetection).await;
    world.clock.advance(Duration::from_secs(600));
    world.lose_arrivals().await;
}

#[tokio::test]
async fn an_attempt_whose_execution_ended_unreported_is_closed_and_announced() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.drain_before(Stage::FaceDetection).await;
    let name = ExecutionName::new(upload.upload_id, 1);
    world.orchestrator.stop(&name, "Test", "stopped by hand").await.unwrap();
    world.lose_arrivals().await;
    world.clock.advance(DAY);
    assert_eq!(round(&world, false).await, [Action::Close(ExecutionStatus::Aborted)]);
    world.rest().await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.status.as_str(), seen.closings), ("failed", 1));
    assert_eq!(round(&world, false).await, []);
}

#[tokio::test]
async fn an_attempt_is_closed_and_announced_by_the_end_of_its_execution() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.drain_before(Stage::FaceDetection).await;
    let name = ExecutionName::new(upload.upload_id, 1);
    world.orchestrator.stop(&name, "Test", "stopped by hand").await.unwrap();
    world.rest().await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.status.as_str(), seen.closings), ("failed", 1));
    let code = world.live(&upload).await.results[&Stage::GalleryIndexing].outcome.code().unwrap().clone();
    assert_eq!(code.as_str(), "execution_aborted");
}

async fn replayed(world: &World) -> Upload {
    let upload = world.upload(1).await;
    world.rest().await;
    world.begin(&world.live(&upload).await, Scope::FromStage(Stage::EmotionAnalysis), 5, false).await;
    world.rest().await;
    upload
}

#[tokio::test]
async fn superseded_artefacts_are_deleted_a_day_later() {
    let world = World::new().await;
    let upload = replayed(&world).await;
    let all = ["1.jpg", "2.jpg", "1.mid", "1.mp3", "2.mid", "2.mp3"];
    assert_eq!(world.artefacts().await, all);
    world.clock.advance(DAY - Duration::from_secs(3600));
    assert_eq!(round(&world, false).await, []);
    world.clock.advance(Duration::from_secs(3700));
    assert!(matches!(round(&world, false).await[..], [Action::Tidy { .. }]));
    assert_eq!(world.artefacts().await, ["2.jpg", "2.mid", "2.mp3"]);
    assert_eq!(world.live(&upload).await.superseded_at, None);
    assert_eq!(round(&world, false).await, []);
}

#[tokio::test]
async fn artefacts_that_the_gallery_shows_stay() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.rest().await;
    world.always(Stage::ImageGeneration, crate::scripted::Act::Reject);
    world.begin(&world.live(&upload).await, Scope::FromStage(Stage::EmotionAnalysis), 5, false).await;
    world.rest().await;
    world.clock.advance(DAY + Duration::from_secs(60));
    assert!(matches!(round(&world, false).await[..], [Action::Tidy { .. }]));
    let left = world.artefacts().await;
    assert_eq!(left, ["1.jpg", "1.mid", "1.mp3", "2.mid", "2.mp3"], "the shown row is the first attempt's");
}

/// A clock that goes on by a second whenever it is asked: every upload takes some.
struct Slow(Arc<ManualClock>);

#[async_trait]
impl Clock for Slow {
    fn now(&self) -> Timestamp {
        self.0.advance(Duration::from_secs(1));
        self.0.now()
    }
    async fn sleep_until(&self, moment: Timestamp) {
        self.0.sleep_until(moment).await;
    }
}

#[tokio::test]
async fn rounds_end_in_time_and_reach_every_upload_of_a_backlog() {
    const BACKLOG: u128 = 60;
    let world = World::new().await;
    for number in 0..BACKLOG {
        world.declare_of(number, &number.to_be_bytes()).await;
    }
    world.clock.advance(DAY);
    let ports = Ports { clock: Arc::new(Slow(world.clock.clone())), ..world.ingest.clone() };
    let (mut from, mut reached, mut rounds) = (None, BTreeSet::new(), 0);
    loop {
        let began = world.clock.now();
        // A dry run leaves them due, as executions that run do; each round may have a process of its own.
        let round = Maintenance::new(ports.clone(), "media").round(from, true).await.unwrap();
        let took = Duration::try_from(world.clock.now().duration_since(began)).unwrap();
        assert!(took < Duration::from_secs(50), "{took:?}");
        reached.extend(round.findings.iter().map(|finding| finding.upload_id));
        (from, rounds) = (round.next, rounds + 1);
        if from.is_none() {
            break;
        }
    }
    assert_eq!((reached.len() as u128, rounds > 1), (BACKLOG, true));
}

#[tokio::test]
async fn a_failure_leaves_the_others_alone_and_is_tried_again() {
    let world = World::new().await;
    let uploads = [world.declare_of(1, b"one").await, world.declare_of(2, b"two").await];
    world.clock.advance(DAY);
    let list = world.plan.calls().len();
    world.plan.set(list + 1, Fault::Fails);
    let maintenance = Maintenance::new(world.ingest.clone(), "media");
    let first = maintenance.round(None, false).await.unwrap();
    let ends: Vec<bool> = first.findings.iter().map(|finding| finding.action.is_ok()).collect();
    assert_eq!(ends, [false, true]);
    maintenance.round(None, false).await.unwrap();
    for upload in uploads {
        assert_eq!(world.live(&upload).await.status.as_str(), "expired");
    }
}

#[tokio::test]
async fn a_content_that_a_crash_left_without_an_object_is_removed() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    let folder = world.store.dir().objects().join("media/user-uploads/acme/ana");
    let (old, young) = (folder.join("x@old"), folder.join("x@young"));
    for path in [&old, &young] {
        std::fs::write(path, b"left behind").expect("the folder is there");
    }
    let two_hours = Duration::from_secs(2 * 3600);
    let file = std::fs::File::options().write(true).open(&old).expect("it is there");
    file.set_modified(std::time::SystemTime::now() - two_hours).expect("its owner may");
    let maintenance = Maintenance::new(world.ingest.clone(), "media");
    let mut from = None;
    for _ in 0..10 {
        from = maintenance.reconcile(from).await.expect("comparing works");
        if from.is_none() {
            break;
        }
    }
    assert_eq!(from, None, "it comes to an end");
    assert!(!old.exists() && young.exists());
    world.rest().await;
    assert_eq!(world.seen(&upload).await.status, "complete");
}
