//! Faults of stages: fail, panic, hang, reject, wait; once and always; delivered twice; older than retention.

use crate::plan::Fault;
use crate::scripted::Act;
use crate::world::World;
use domain::ports::Queue as _;
use domain::ports::queue::NewMessage;
use domain::queue_name::STAGE_MAX_RECEIVES;
use domain::{QueueName, Stage};
use std::collections::BTreeMap;
use std::time::Duration;

/// The end state, and the outcomes of all stages, if one of them fails permanently: the stages that are made from its
/// result are skipped, but for the last one, which always runs.
pub fn outcomes_with_a_failed(stage: Stage) -> (&'static str, String) {
    let state = match stage {
        Stage::FaceDetection => "failed",
        Stage::GalleryIndexing => "complete",
        _ => "partial",
    };
    let outcome = |other: Stage| match other {
        _ if other == stage => "failed",
        Stage::GalleryIndexing => "succeeded",
        _ if other.upstream().any(|upstream| upstream == stage) => "skipped",
        _ => "succeeded",
    };
    (state, Stage::ALL.map(outcome).join(" "))
}

#[tokio::test]
async fn every_stage_may_fail_panic_or_hang_once() {
    for stage in Stage::ALL {
        for act in [Act::Fail, Act::Panic, Act::Hang] {
            let world = World::new().await;
            world.script(stage, &[act]);
            let upload = world.upload(1).await;
            world.rest().await;
            let seen = world.seen(&upload).await;
            assert_eq!((seen.status.as_str(), seen.artefacts.len()), ("complete", 3), "{stage}: {act:?}");
            assert_eq!((world.runs(stage), seen.dead_letters), (2, 0), "{stage}: {act:?}");
            let result = &world.live(&upload).await.results[&stage];
            assert_eq!(result.receive_count, 2, "{stage}: {act:?}");
        }
    }
}

#[tokio::test]
async fn a_stage_that_always_fails_becomes_a_dead_letter() {
    for stage in Stage::ALL {
        for act in [Act::Fail, Act::Panic, Act::Hang] {
            let world = World::new().await;
            world.always(stage, act);
            let upload = world.upload(1).await;
            world.rest().await;
            let seen = world.seen(&upload).await;
            let expected = outcomes_with_a_failed(stage);
            assert_eq!((seen.status.as_str(), seen.outcomes), expected, "{stage}: {act:?}");
            assert_eq!(world.runs(stage), STAGE_MAX_RECEIVES as usize, "{stage}: {act:?}");
            let letters = world.letters().await;
            assert_eq!(letters.len(), 1, "{stage}: {act:?}");
            assert_eq!((letters[0].stage, letters[0].code.as_str()), (Some(stage), "retries_exhausted"));
            assert!(!letters[0].body.contains("task_token"));
            let measured = world.metrics.text();
            for line in [
                format!("stage_duration_seconds_count{{stage=\"{stage}\"}} {STAGE_MAX_RECEIVES}"),
                format!("stage_retries_total{{stage=\"{stage}\"}} {}", STAGE_MAX_RECEIVES - 1),
                format!("dead_letters_total{{queue=\"{stage}\",code=\"retries_exhausted\"}} 1"),
                format!(
                    "stage_outcomes_total{{stage=\"{stage}\",outcome=\"failed\",code=\"retries_exhausted\"}} 1"
                ),
                "stage_outcomes_total{stage=\"gallery-indexing\",outcome=".to_owned(),
            ] {
                let told = measured.lines().filter(|told| told.starts_with(&format!("semblante_{line}")));
                assert_eq!(told.count(), 1, "{stage}: {act:?}: {line} in\n{measured}");
            }
        }
    }
}

#[tokio::test]
async fn reject_ends_at_once() {
    for stage in Stage::ALL {
        let world = World::new().await;
        world.always(stage, Act::Reject);
        let upload = world.upload(1).await;
        world.rest().await;
        let seen = world.seen(&upload).await;
        assert_eq!((seen.status.as_str(), seen.outcomes), outcomes_with_a_failed(stage), "{stage}");
        assert_eq!((world.runs(stage), seen.dead_letters), (1, 0), "{stage}");
    }
}

#[tokio::test]
async fn gallery_indexing_fails_for_good_and_the_attempt_is_closed_all_the_same() {
    let world = World::new().await;
    world.always(Stage::GalleryIndexing, Act::Fail);
    let upload = world.upload(1).await;
    world.rest().await;
    let name = domain::ExecutionName::new(upload.upload_id, 1);
    let execution = world.ingest.orchestrator.describe(&name).await.unwrap().unwrap();
    assert_eq!(execution.status, domain::ExecutionStatus::Failed);
    let seen = world.seen(&upload).await;
    assert_eq!(seen.status, "complete");
    assert!(seen.shown.is_some());
}

#[tokio::test]
async fn every_message_may_come_twice() {
    for stage in Stage::ALL {
        let world = World::new().await;
        let upload = world.upload(1).await;
        let mut copied = false;
        for _ in 0..20 {
            if !copied {
                copied = copy_message(&world, stage).await;
            }
            world.drain().await;
        }
        world.rest().await;
        let seen = world.seen(&upload).await;
        assert_eq!(
            (seen.status.as_str(), seen.artefacts.len(), seen.closings),
            ("complete", 3, 1),
            "{stage}"
        );
        assert_eq!((world.runs(stage), seen.dead_letters), (1, 0), "{stage}");
    }
}

/// Sends a copy of the message that waits for a stage, if one does; drains what is before it one host at a time.
async fn copy_message(world: &World, stage: Stage) -> bool {
    let queue = world.queue();
    let name = QueueName::of(stage);
    for _ in 0..8 {
        let waiting =
            queue.receive(name, 1, Duration::from_secs(60), Duration::ZERO).await.expect("the queue works");
        if let [delivery] = waiting.as_slice() {
            queue
                .send(name, vec![NewMessage::new(delivery.body.clone(), None)])
                .await
                .expect("the queue works");
            queue.extend(name, &delivery.receipt, Duration::ZERO).await.expect("the queue works");
            return true;
        }
        if world.drain_before(stage).await == 0 {
            return false;
        }
    }
    false
}

#[tokio::test]
async fn a_job_outside_is_polled_until_it_is_done() {
    let world = World::new().await;
    let later = Act::Later(Duration::from_secs(3600));
    world.script(Stage::MelodyGeneration, &[later, later]);
    let upload = world.upload(1).await;
    world.rest().await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.status.as_str(), world.runs(Stage::MelodyGeneration)), ("complete", 3));
    assert!(world.live(&upload).await.pending.is_empty());
}

#[tokio::test]
async fn a_job_outside_that_never_ends_meets_its_deadline() {
    let world = World::new().await;
    world.always(Stage::ImageGeneration, Act::Later(Duration::from_secs(1200)));
    let upload = world.upload(1).await;
    world.rest_within(2000).await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.status.as_str(), seen.dead_letters), ("partial", 0));
    let result = &world.live(&upload).await.results[&Stage::ImageGeneration];
    assert_eq!(serde_json::to_value(&result.outcome).unwrap()["code"], "deadline");
}

/// The last call of a name in an undisturbed run.
async fn last_call(name: &str, acts: &[(Stage, Act)]) -> usize {
    let world = World::new().await;
    acts.iter().for_each(|(stage, act)| world.script(*stage, &[*act]));
    world.upload(1).await;
    world.rest().await;
    world.plan.calls().iter().rposition(|call| *call == name).expect("the call is made")
}

#[tokio::test]
async fn a_worker_dies_around_its_artefact_and_the_artefact_is_adopted() {
    let put = last_call("objects.put", &[]).await;
    for (fault, runs) in [(Fault::DiesBefore, 2), (Fault::DiesAfter, 1)] {
        let world = World::new().await;
        world.plan.set(put, fault);
        let upload = world.upload(1).await;
        world.rest().await;
        let seen = world.seen(&upload).await;
        assert_eq!((seen.status.as_str(), seen.artefacts.len()), ("complete", 3), "{fault:?}");
        assert_eq!(
            world.runs(Stage::MelodyGeneration),
            runs,
            "{fault:?}: an artefact that is there is adopted"
        );
        let made_by = world.live(&upload).await.results[&Stage::MelodyGeneration].made_by.clone().unwrap();
        assert_eq!(made_by.engine, "fake", "{fault:?}: provenance travels with the artefact");
    }
}

#[tokio::test]
async fn later_was_sent_and_the_worker_dies_before_its_acknowledgement() {
    let later = Act::Later(Duration::from_secs(60));
    let sent = last_call("queue.send", &[(Stage::ImageGeneration, later)]).await;
    for fault in [Fault::DiesBefore, Fault::DiesAfter, Fault::FailsAfter] {
        let world = World::new().await;
        world.script(Stage::ImageGeneration, &[later]);
        world.plan.set(sent, fault);
        let upload = world.upload(1).await;
        world.rest().await;
        let seen = world.seen(&upload).await;
        assert_eq!(
            (seen.status.as_str(), seen.artefacts.len(), seen.closings),
            ("complete", 3, 1),
            "{fault:?}"
        );
        assert_eq!(world.runs(Stage::ImageGeneration), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn a_send_of_the_state_machine_that_always_fails_is_closed_as_no_answer() {
    let mut substitutions: BTreeMap<String, String> = embedded::orchestrator::pipeline_substitutions();
    substitutions.insert("EmotionAnalysisQueueUrl".into(), "no-such-queue".into());
    let world = World::with_substitutions(substitutions).await;
    let upload = world.upload(1).await;
    world.rest().await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.status.as_str(), seen.outcomes), outcomes_with_a_failed(Stage::EmotionAnalysis));
    let result = &world.live(&upload).await.results[&Stage::EmotionAnalysis];
    assert_eq!(serde_json::to_value(&result.outcome).unwrap()["code"], "no_answer");
}

#[tokio::test]
async fn a_message_older_than_retention_ends_its_task() {
    let world = World::new().await;
    let upload = world.upload(1).await;
    world.drain_before(Stage::FaceDetection).await;
    world.clock.advance(Duration::from_secs(11 * 86_400));
    world.rest().await;
    let seen = world.seen(&upload).await;
    assert_eq!((seen.status.as_str(), world.runs(Stage::FaceDetection)), ("failed", 0));
    let result = &world.live(&upload).await.results[&Stage::FaceDetection];
    assert_eq!(serde_json::to_value(&result.outcome).unwrap()["code"], "no_answer");
}

#[tokio::test]
async fn a_message_for_an_unknown_upload_is_kept_as_a_row() {
    let world = World::new().await;
    let body = r#"{"schema":1,"stage":"face-detection","tenant_id":"acme",
        "upload_id":"00000000-0000-0000-0000-000000000063","attempt":1,"task_token":"secret"}"#;
    for body in [body, "rubbish", &body.replace("face-detection", "emotion-analysis")] {
        let message = NewMessage::new(body, None);
        world.queue().send(QueueName::of(Stage::FaceDetection), vec![message]).await.unwrap();
    }
    world.rest().await;
    let mut codes: Vec<_> = world.letters().await.iter().map(|letter| letter.code.to_string()).collect();
    codes.sort();
    assert_eq!(codes, ["invalid_message", "invalid_message", "unknown_upload"]);
    assert!(world.letters().await.iter().all(|letter| !letter.body.contains("secret")));
}
