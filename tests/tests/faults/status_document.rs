//! The status document while stages fail, panic or hang, once and always, and the answers of a full disk.

use crate::api::Api;
use crate::scripted::Act;
use crate::stages::outcomes_with_a_failed;
use crate::world::{PHOTO, World};
use domain::queue_name::STAGE_MAX_RECEIVES;
use domain::{Stage, UploadId};
use lifecycle::{Redriven, redrive};
use serde_json::{Value, json};

/// Pages that the database of a full disk may grow by.
const ROOM_PAGES: u32 = 80;

#[tokio::test]
async fn a_stage_that_fails_once_is_told_as_running_and_then_as_done() {
    for stage in Stage::ALL {
        for act in [Act::Fail, Act::Panic, Act::Hang] {
            let world = World::new().await;
            let api = Api::of(&world);
            world.script(stage, &[act]);
            let upload = world.upload(1).await;
            // When a hang is over, so is its message's visibility: the next delivery comes at once.
            if act != Act::Hang {
                world.drain_all().await;
                assert_eq!(world.runs(stage), 1, "{stage}: {act:?}");
                let told = api.status(upload.upload_id).await;
                // The first stage's result is what makes an upload running.
                let state = if stage == Stage::FaceDetection { "stored" } else { "running" };
                assert_eq!((&told.body["state"], &told.body["done"]), (&json!(state), &json!(false)));
                assert_eq!(told.header("retry-after"), "1");
                let failing = told.stage(stage);
                assert_eq!(failing["state"], "running", "{stage}: {act:?}");
                for unknown in ["outcome", "receive_count", "error"] {
                    assert_eq!(failing[unknown], Value::Null, "{stage}: {act:?}: {unknown}");
                }
            }
            world.rest().await;
            let told = api.status(upload.upload_id).await;
            assert_eq!((&told.body["state"], &told.body["done"]), (&json!("complete"), &json!(true)));
            assert_eq!(told.header("retry-after"), "");
            let healed = told.stage(stage);
            assert_eq!((&healed["state"], &healed["outcome"]), (&json!("done"), &json!("succeeded")));
            assert_eq!((&healed["receive_count"], &healed["error"]), (&json!(2), &Value::Null));
        }
    }
}

#[tokio::test]
async fn a_stage_that_is_gone_is_told_by_its_code_until_a_redrive_completes_it() {
    for stage in Stage::ALL {
        for act in [Act::Fail, Act::Panic, Act::Hang] {
            let world = World::new().await;
            let api = Api::of(&world);
            world.always(stage, act);
            let upload = world.upload(1).await;
            world.rest().await;

            let told = api.status(upload.upload_id).await;
            let (state, outcomes) = outcomes_with_a_failed(stage);
            assert_eq!((&told.body["state"], &told.body["done"]), (&json!(state), &json!(true)));
            assert_eq!(told.outcomes(), outcomes, "{stage}: {act:?}");
            for other in Stage::ALL {
                let expected = match other == stage {
                    true => json!({
                        "code": "retries_exhausted",
                        "retryable": true,
                        "detail": "the stage failed at every try; replay the upload later",
                    }),
                    false => Value::Null,
                };
                assert_eq!(told.stage(other)["error"], expected, "{stage}: {act:?}: {other}");
            }
            assert_eq!(told.stage(stage)["receive_count"], STAGE_MAX_RECEIVES, "{stage}: {act:?}");
            for (maker, link) in
                [(Stage::ImageGeneration, "generated_image"), (Stage::MelodyGeneration, "melody")]
            {
                let made = told.stage(maker)["outcome"] == "succeeded";
                assert_eq!(told.body[link].is_string(), made, "{stage}: {act:?}: {link}");
            }

            let [letter] = &world.letters().await[..] else { panic!("{stage}: {act:?}: not one letter") };
            assert_eq!((letter.stage, letter.upload_id), (Some(stage), Some(upload.upload_id)));
            world.heal(stage);
            assert_eq!(redrive(&world.ingest, letter.id, "operator").await.unwrap(), Redriven::Ordered);
            world.rest().await;
            let told = api.status(upload.upload_id).await;
            assert_eq!((&told.body["state"], &told.body["attempt"]), (&json!("complete"), &json!(2)));
            assert_eq!(told.outcomes(), Stage::ALL.map(|_| "succeeded").join(" "), "{stage}: {act:?}");
            assert_eq!((&told.stage(stage)["attempt"], world.letters().await.len()), (&json!(2), 0));
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_acknowledged_is_lost() {
    let photo = |number: usize| [PHOTO, &number.to_be_bytes()].concat();
    let world = World::new().await.reopened(Some(ROOM_PAGES)).await;
    let api = Api::of(&world);
    let mut acknowledged: Vec<UploadId> = Vec::new();
    let refused = loop {
        let told = api.send_photo(&photo(acknowledged.len())).await;
        if told.status != 202 {
            break told;
        }
        acknowledged.push(UploadId::parse(told.body["upload_id"].as_str().unwrap()).unwrap());
        assert!(acknowledged.len() < 1000, "the pages never fill");
    };
    assert!(acknowledged.len() > 10, "{} fit", acknowledged.len());
    assert_eq!((refused.status, &refused.body["code"]), (507, &json!("storage_full")), "{refused:?}");
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert_eq!(api.status(acknowledged[0]).await.status, 200, "reading goes on");
    world.drain().await;

    drop(api);
    let world = world.reopened(None).await;
    let api = Api::of(&world);
    assert_eq!(api.send_photo(&photo(acknowledged.len())).await.status, 202, "with room it is taken");
    world.rest().await;
    for upload in acknowledged {
        assert_eq!(api.status(upload).await.body["state"], "complete");
    }
}
