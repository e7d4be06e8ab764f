//! A fault at every single call of every port, one run each: whatever happens, the upload ends as it should have, once.

use crate::plan::Fault;
use crate::scripted::Act;
use crate::world::{Seen, World};
use domain::Stage;
use domain::begin::Scope;
use std::time::Duration;

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
        }
        let upload = world.upload(1).await;
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
