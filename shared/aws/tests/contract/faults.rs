//! What may go wrong at the connection, service by service: throttled, slow, down, unreadable, cut.

use crate::account::{Account, Standing, Winder};
use crate::canned::{Canned, clients, clients_of_two};
use aws::{Events, FaceEngine, Faces, Objects, Orchestrator, Queue, Resources, Secrets, Uploads};
use domain::contract::Elapse as _;
use domain::contract::events::sample;
use domain::execution::{ExecutionInput, ExecutionName};
use domain::fixture::{self, owner, stored, upload_id};
use domain::ports::face_engine::EngineError;
use domain::ports::orchestrator::Answered;
use domain::ports::queue::{MessageGroup, NewMessage};
use domain::ports::uploads::GalleryWrite;
use domain::ports::{
    Events as _, FaceEngine as _, Faces as _, Objects as _, Orchestrator as _, PortError, PortErrorKind,
    Queue as _, Uploads as _,
};
use domain::{Bucket, GalleryRow, ObjectKey, QueueName, Stage, TaskToken, status::EndState};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

fn resources() -> Arc<Resources> {
    Arc::new(Resources {
        media_bucket: "media".into(),
        users_photos_bucket: "users-photos".into(),
        queue_url_prefix: "http://localhost/100000000000/test-".into(),
        table_prefix: "test-".into(),
        state_machine_arn: "arn:aws:states:us-east-1:100000000000:stateMachine:test".into(),
        event_bus: "test".into(),
        secret_id: "test".into(),
    })
}

fn error(status: u16, code: &str) -> Canned {
    Canned::Answer(status, "", json!({"__type": code, "message": "on purpose"}).to_string())
}

fn xml(status: u16, code: &str) -> Canned {
    Canned::Answer(status, "", format!("<Error><Code>{code}</Code><Message>on purpose</Message></Error>"))
}

fn ok(document: serde_json::Value) -> Canned {
    Canned::Answer(200, "", document.to_string())
}

/// One call of each service that answers so.
async fn failures(answer: impl Fn(bool) -> Canned) -> Vec<(&'static str, PortError)> {
    let resources = resources();
    let (json, _) = clients(vec![answer(false)]).await;
    let (s3, _) = clients(vec![answer(true)]).await;
    let (tenant, _) = owner();
    let name = ExecutionName::new(upload_id(1), 1);
    let key = ObjectKey::parse("a").expect("a legal key");
    let uploads = Uploads::new(&json, &resources, Arc::new(Standing));
    let objects = Objects::new(&s3, &resources, Arc::new(Standing));
    let fails = "it fails";
    vec![
        ("dynamodb", uploads.get(&tenant, upload_id(1)).await.expect_err(fails)),
        ("sqs", Queue::new(&json, &resources).depth(QueueName::UPLOADS).await.expect_err(fails)),
        ("states", Orchestrator::new(&json, &resources).describe(&name).await.expect_err(fails)),
        ("events", Events::new(&json, &resources).publish(&sample()).await.expect_err(fails)),
        (
            "secretsmanager",
            Secrets::new(&json, &resources, Arc::new(Standing)).keys().await.expect_err(fails),
        ),
        ("s3", objects.get(Bucket::Media, &key, None, None).await.expect_err(fails)),
    ]
}

async fn all_are(kind: PortErrorKind, answer: impl Fn(bool) -> Canned) {
    for (service, error) in failures(answer).await {
        assert_eq!(error.kind, kind, "{service}: {error}");
        assert!(error.to_string().contains(&format!("{service}:")), "the call is named: {error}");
    }
}

#[tokio::test]
async fn throttling_is_busy() {
    all_are(PortErrorKind::Busy, |is_s3| match is_s3 {
        true => xml(503, "SlowDown"),
        false => error(400, "ThrottlingException"),
    })
    .await;
}

#[tokio::test]
async fn a_service_that_is_down_is_busy() {
    all_are(PortErrorKind::Busy, |is_s3| match is_s3 {
        true => xml(500, "InternalError"),
        false => error(500, "InternalServerError"),
    })
    .await;
}

#[tokio::test]
async fn a_service_that_is_slow_is_busy() {
    all_are(PortErrorKind::Busy, |_| Canned::Silence).await;
}

#[tokio::test]
async fn an_answer_that_is_cut_is_broken() {
    all_are(PortErrorKind::Broken, |_| Canned::Cut).await;
}

#[tokio::test]
async fn an_unreadable_answer_is_broken() {
    let (clients, _) = clients(vec![Canned::Answer(200, "", "<html>".into())]).await;
    let uploads = Uploads::new(&clients, &resources(), Arc::new(Standing));
    let error = uploads.get(&owner().0, upload_id(1)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Broken, "{error}");
}

/// Denied access, or a thing of the template's that is not there, is never "not found": no message must be settled by it.
#[tokio::test]
async fn a_broken_installation_is_broken_and_named() {
    all_are(PortErrorKind::Broken, |is_s3| match is_s3 {
        true => xml(403, "AccessDenied"),
        false => error(400, "AccessDeniedException"),
    })
    .await;
    let account = Account::with_buckets().await;
    let uploads = Uploads::new(&account.clients, &account.resources, Arc::new(Standing));
    let error = uploads.get(&owner().0, upload_id(1)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Broken);
    assert!(error.to_string().contains("test-uploads"), "{error}");
    let queue = Queue::new(&account.clients, &account.resources);
    let error = queue.send(QueueName::UPLOADS, vec![NewMessage::new("x", None)]).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Broken);
    assert!(error.to_string().contains("uploads"), "{error}");
    let orchestrator = Orchestrator::new(&account.clients, &account.resources);
    let name = ExecutionName::new(upload_id(1), 1);
    let error = orchestrator.start(&name, &ExecutionInput::of(&stored())).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Broken, "{error}");
    let error =
        Secrets::new(&account.clients, &account.resources, Arc::new(Standing)).keys().await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Broken, "{error}");
}

#[tokio::test]
async fn every_code_of_a_dead_token_is_the_same() {
    for code in ["TaskTimedOut", "InvalidToken", "TaskDoesNotExist"] {
        let (clients, _) = clients(vec![error(400, code)]).await;
        let orchestrator = Orchestrator::new(&clients, &resources());
        let token = TaskToken("token".into());
        assert_eq!(orchestrator.succeed(&token, json!({})).await.unwrap(), Answered::TokenGone, "{code}");
        assert_eq!(orchestrator.fail(&token, "E", "c").await.unwrap(), Answered::TokenGone, "{code}");
    }
}

/// The clock of this machine is ten minutes off: the service says so, and the next try is signed as of its time.
#[tokio::test]
async fn a_clock_that_is_off_is_corrected() {
    let there = domain::Timestamp::now() + Duration::from_secs(600);
    let date = there.strftime("date: %a, %d %b %Y %H:%M:%S GMT\r\n").to_string();
    let date: &'static str = Box::leak(date.into_boxed_str());
    let skewed = json!({"__type": "com.amazon.coral.service#InvalidSignatureException",
        "message": "Signature not yet current: 20260101T001000Z is still later than 20260101T000500Z"});
    let (clients, asked) = clients(vec![Canned::Answer(403, date, skewed.to_string()), ok(json!({}))]).await;
    let uploads = Uploads::new(&clients, &resources(), Arc::new(Standing));
    assert_eq!(uploads.get(&owner().0, upload_id(1)).await.unwrap(), None);
    let requests = asked.all();
    let signed_at = requests.iter().map(|request| {
        let line = request.lines().find_map(|line| line.strip_prefix("x-amz-date: ")).expect("it is signed");
        domain::Timestamp::strptime("%Y%m%dT%H%M%S%z", line.replace('Z', "+0000")).expect("a date")
    });
    let [first, second] = signed_at.collect::<Vec<_>>()[..] else { panic!("two tries") };
    let ahead = second.duration_since(first).as_secs();
    assert!((590..620).contains(&ahead), "{ahead} s");
}

#[tokio::test]
async fn a_message_goes_with_its_group() {
    let (clients, asked) = clients(vec![ok(json!({"Successful": [], "Failed": []}))]).await;
    let queue = Queue::new(&clients, &resources());
    let (tenant, user) = owner();
    let group = Some(MessageGroup::replay(&tenant, &user));
    queue.send(QueueName::of(Stage::FaceDetection), vec![NewMessage::new("x", group)]).await.unwrap();
    let request = asked.all().remove(0);
    assert!(request.contains(r#""MessageGroupId":"acme#ana:replay""#), "{request}");
}

/// Calls that succeed and did not do all that they were asked for.
#[tokio::test]
async fn half_a_success_is_none() {
    let entry = json!({"Id": "0", "Code": "InternalError", "SenderFault": false});
    let (half, _) = clients(vec![ok(json!({"Successful": [], "Failed": [entry]}))]).await;
    let queue = Queue::new(&half, &resources());
    let error = queue.send(QueueName::UPLOADS, vec![NewMessage::new("x", None)]).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Busy);

    let entries = json!([{"ErrorCode": "InternalFailure", "ErrorMessage": "on purpose"}]);
    let (half, _) = clients(vec![ok(json!({"FailedEntryCount": 1, "Entries": entries}))]).await;
    let error = Events::new(&half, &resources()).publish(&sample()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Busy);

    let left = json!({"test-faces": {"Keys": [{"face_id": {"S": "x"}}], "ConsistentRead": true}});
    let (half, asked) = clients(vec![ok(json!({"Responses": {}, "UnprocessedKeys": left}))]).await;
    let error = Faces::new(&half, &resources()).get(upload_id(1), 1, 1).await.unwrap_err();
    assert_eq!((error.kind, asked.all().len()), (PortErrorKind::Busy, 6), "asked again, and not for ever");
}

/// A transaction that meets another one is tried again; one whose condition is not met is a conflict at once.
#[tokio::test]
async fn transactions_that_meet_are_tried_again() {
    let cancelled = |reason: &str| {
        let reasons = json!([{"Code": reason}, {"Code": "None"}]);
        let body =
            json!({"__type": "TransactionCanceledException", "message": "x", "CancellationReasons": reasons});
        Canned::Answer(400, "", body.to_string())
    };
    let closed = fixture::closed(EndState::Complete);
    let row = || {
        GalleryWrite::Put(Box::new(GalleryRow::of(&fixture::closed(EndState::Complete), EndState::Complete)))
    };
    let (met, asked) = clients(vec![cancelled("TransactionConflict"), ok(json!({}))]).await;
    let uploads = Uploads::new(&met, &resources(), Arc::new(Standing));
    uploads.save(closed.clone(), row()).await.unwrap();
    assert_eq!(asked.all().len(), 2);
    let (unmet, asked) = clients(vec![cancelled("ConditionalCheckFailed")]).await;
    let uploads = Uploads::new(&unmet, &resources(), Arc::new(Standing));
    assert_eq!(uploads.save(closed, row()).await.unwrap_err().kind, PortErrorKind::Conflict);
    assert_eq!(asked.all().len(), 1);
}

/// Rekognition is asked once, whatever it answers: a paid call is repeated by its message, not behind our back.
#[tokio::test]
async fn rekognition_is_asked_once() {
    let picture = vision::Picture::new(8, 8, vec![100; 192]).unwrap();
    let photo: bytes::Bytes = vision::jpeg(&picture, 90).unwrap().into();
    for (answer, expected) in [
        (error(400, "ThrottlingException"), "busy"),
        (error(400, "ProvisionedThroughputExceededException"), "busy"),
        (error(500, "InternalServerError"), "busy"),
        (error(400, "InvalidImageFormatException"), "undecodable_image"),
        (error(400, "ImageTooLargeException"), "image_too_large"),
        (error(400, "AccessDeniedException"), "broken"),
        (ok(json!({"FaceDetails": [{}]})), "broken"),
        (ok(json!({})), "seen"),
    ] {
        let (clients, asked) = clients(vec![answer]).await;
        let engine = FaceEngine::new(&clients, Arc::new(Semaphore::new(1)));
        let found = match engine.detect(photo.clone()).await {
            Ok(_) => "seen",
            Err(EngineError::Busy { .. }) => "busy",
            Err(EngineError::Refused { code, .. }) => code,
            Err(EngineError::Broken(_)) => "broken",
        };
        assert_eq!((found, asked.all().len()), (expected, 1));
    }
    let (clients, asked) = clients(vec![ok(json!({}))]).await;
    let engine = FaceEngine::new(&clients, Arc::new(Semaphore::new(1)));
    let refused = engine.detect(bytes::Bytes::from_static(b"no photo")).await.unwrap_err();
    assert!(matches!(refused, EngineError::Refused { .. }));
    assert!(asked.all().is_empty(), "what is no photo costs nothing");
}

/// S3 and Rekognition may have endpoints of their own; the endpoint of the others does not answer here.
#[tokio::test]
async fn two_services_may_have_their_own_endpoint() {
    let (clients, asked) = clients_of_two(vec![xml(404, "NoSuchKey"), ok(json!({}))]).await;
    let key = ObjectKey::parse("a").unwrap();
    let objects = Objects::new(&clients, &resources(), Arc::new(Standing));
    let error = objects.get(Bucket::Media, &key, None, None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
    let picture = vision::Picture::new(8, 8, vec![100; 192]).unwrap();
    let engine = FaceEngine::new(&clients, Arc::new(Semaphore::new(1)));
    engine.detect(vision::jpeg(&picture, 90).unwrap().into()).await.unwrap();
    assert_eq!(asked.all().len(), 2);
    assert!(asked.all()[0].starts_with("GET /media/a"), "the bucket in the path");
    let error = Queue::new(&clients, &resources()).depth(QueueName::UPLOADS).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Broken, "{error}");
}

/// Keys that cannot be read again serve on; before they were read once there are none.
#[tokio::test]
async fn keys_are_read_again() {
    let secret = |seed: &str| {
        let document =
            json!({"master": "01".repeat(32), "access_tokens": [seed.repeat(32), "09".repeat(32)]});
        ok(json!({"Name": "test", "SecretString": document.to_string()}))
    };
    let (clients, asked) =
        clients(vec![secret("02"), secret("03"), error(400, "ResourceNotFoundException")]).await;
    let time = Arc::new(Winder::default());
    let secrets = Secrets::new(&clients, &resources(), time.clone());
    let first = secrets.keys().await.unwrap();
    assert_eq!(first.token_seeds()[0], [2; 32]);
    assert!(Arc::ptr_eq(&first, &secrets.keys().await.unwrap()));
    assert!(Arc::ptr_eq(&first, &secrets.keys_for_unknown().await.unwrap()), "read a moment ago");
    time.elapse(Duration::from_secs(11)).await;
    assert_eq!(secrets.keys_for_unknown().await.unwrap().token_seeds()[0], [3; 32]);
    assert_eq!(asked.all().len(), 2);
    time.elapse(Duration::from_secs(301)).await;
    assert_eq!(secrets.keys().await.unwrap().token_seeds()[0], [3; 32], "known keys serve on");
    assert!(asked.all().len() > 2);
}
