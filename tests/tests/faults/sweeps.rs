//! A fault at every single call of every port, one run each: whatever happens, the upload ends as it should have, once.

use crate::plan::Fault;
use crate::scripted::Act;
use crate::world::{Seen, World};
use domain::begin::Scope;
use domain::ports::Orchestrator as _;
use domain::{ExecutionName, Stage, Upload};
use ingest::Maintenance;
use std::time::Duration;

/// Rounds of maintenance in which one fault is over, whatever it did.
const ROUNDS: usize = 3;

/// A course of events.
#[derive(Clone, Copy, Debug)]
enum Course {
    /// A photo goes through.
    Plain,
    /// It shows no face.
    Faceless,
    /// Its picture waits for a job outside, twice.
    Pending,
    /// Its melody is rejected, and the upload is resumed when it works again.
    Resumed,
    /// Its execution is stopped while a stage waits, and reports its end.
    Stopped,
    /// The same, and the report is lost: maintenance finds the attempt open.
    Unreported,
}

impl Course {
    async fn run(self, fault: Option<(usize, Fault)>) -> (Seen, Vec<&'static str>, World) {
        let world = World::new().await;
        if let Some((at, fault)) = fault {
            world.plan.set(at, fault);
        }
        match self {
            Course::Plain => {}
            Course::Faceless => world.always(Stage::FaceDetection, Act::NoFace),
            Course::Pending => {
                let later = Act::Later(Duration::from_secs(40));
                world.script(Stage::ImageGeneration, &[later, later]);
            }
            Course::Resumed => world.always(Stage::MelodyGeneration, Act::Reject),
            Course::Stopped | Course::Unreported => {
                world.always(Stage::FaceDetection, Act::Later(Duration::from_secs(3600)));
            }
        }
        let upload = world.upload(1).await;
        if let Course::Stopped | Course::Unreported = self {
            stop_execution(&world, &upload).await;
        }
        if let Course::Unreported = self {
            world.lose_arrivals().await;
            maintain(&world).await;
        }
        world.rest().await;
        if let Course::Resumed = self {
            world.heal(Stage::MelodyGeneration);
            let closed = world.live(&upload).await;
            world.begin(&closed, Scope::Resume, 9, false).await;
            world.rest().await;
        }
        (world.seen(&upload).await, world.plan.calls(), world)
    }

    async fn sweep(self, faults: &[Fault]) {
        let (expected, calls, _) = self.run(None).await;
        assert_eq!(expected.closings, expected.attempt as usize, "each attempt is announced");
        for (at, call) in calls.iter().enumerate() {
            for fault in faults {
                let (seen, _, world) = self.run(Some((at, *fault))).await;
                let closed_at = |seen: &Seen| seen.shown.as_ref().map(|row| (row.state, row.attempt));
                let place = format!("{self:?}: {fault:?} at call {at}, {call}");
                assert_eq!(seen.status, expected.status, "{place}");
                assert_eq!(seen.attempt, expected.attempt, "{place}");
                assert_eq!(seen.outcomes, expected.outcomes, "{place}");
                assert_eq!(seen.artefacts, expected.artefacts, "{place}");
                assert_eq!(closed_at(&seen), closed_at(&expected), "{place}");
                assert_eq!(seen.closings, expected.closings, "{place}");
                assert_eq!(seen.dead_letters, 0, "{place}");
                assert!(world.letters().await.is_empty(), "{place}");
            }
        }
    }
}

/// Stops the execution of the first attempt once it runs.
async fn stop_execution(world: &World, upload: &Upload) {
    let name = ExecutionName::new(upload.upload_id, 1);
    while world.orchestrator.describe(&name).await.expect("reading works").is_none() {
        world.drain().await;
        world.clock.advance(Duration::from_secs(30));
    }
    world.orchestrator.stop(&name, "Test", "stopped by hand").await.expect("stopping works");
}

/// Rounds of maintenance a day later; a death ends its round.
async fn maintain(world: &World) {
    world.clock.advance(Duration::from_secs(86_400));
    let maintenance = Maintenance::new(world.ingest.clone(), "media");
    for _ in 0..ROUNDS {
        tokio::select! {
            biased;
            () = world.plan.death() => {}
            // A fault fails the round or one of its findings; the next round makes up for it.
            round = maintenance.round(None, false) => drop(round),
        }
    }
}

const ALL: [Fault; 4] = [Fault::DiesBefore, Fault::DiesAfter, Fault::Fails, Fault::FailsAfter];

#[tokio::test]
async fn a_photo_survives_a_fault_at_every_call() {
    Course::Plain.sweep(&ALL).await;
}

#[tokio::test]
async fn a_faceless_photo_survives_a_fault_at_every_call() {
    Course::Faceless.sweep(&ALL).await;
}

#[tokio::test]
async fn a_pending_job_survives_a_fault_at_every_call() {
    Course::Pending.sweep(&ALL).await;
}

#[tokio::test]
async fn a_resumed_upload_survives_a_fault_at_every_call() {
    Course::Resumed.sweep(&[Fault::DiesBefore, Fault::DiesAfter]).await;
}

#[tokio::test]
async fn a_stopped_execution_is_closed_and_announced_after_a_fault_at_every_call() {
    Course::Stopped.sweep(&ALL).await;
}

#[tokio::test]
async fn an_attempt_that_maintenance_ends_is_closed_and_announced_after_a_fault_at_every_call() {
    Course::Unreported.sweep(&ALL).await;
}
