//! Batches: what one message is, is nothing to the others.

use crate::aws;
use crate::function::Function;
use serde_json::{Value, json};

const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:stack-";

fn record(queue: &str, id: &str, body: &str) -> Value {
    json!({
        "messageId": id,
        "receiptHandle": format!("receipt of {id}"),
        "body": body,
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1795600000000"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("{ARN}{queue}"),
        "awsRegion": "us-east-1",
    })
}

fn left(answer: &Value) -> Vec<&str> {
    let failures = answer["batchItemFailures"].as_array().expect("a list of failures");
    failures.iter().filter_map(|failure| failure["itemIdentifier"].as_str()).collect()
}

fn task(stage: &str, upload: &str) -> String {
    json!({
        "schema": 1,
        "stage": stage,
        "tenant_id": "acme",
        "upload_id": upload,
        "attempt": 1,
        "task_token": "token",
    })
    .to_string()
}

/// An upload that does not exist, and one whose record cannot be read.
const UNKNOWN: &str = "01890000-0000-7000-8000-000000000001";
const UNREADABLE: &str = "01890000-0000-7000-8000-000000000002";

const UPLOADS: [(&str, &str); 1] = [("ENTRANCE", "uploads")];
const EMOTIONS: [(&str, &str); 2] = [("STAGE", "emotion-analysis"), ("STAGE_TIME_SECONDS", "15")];

#[tokio::test]
async fn one_message_fails_and_the_others_are_settled() {
    let (url, calls) = aws::start(UNREADABLE).await;
    let function = Function::start("dead-letters", &[], &url).await;
    let answer = function.invoke(json!({"Records": [
        record("face-detection-dead-letters", "not-json", "<xml/>"),
        record("face-detection-dead-letters", "unreadable", &task("face-detection", UNREADABLE)),
        record("gallery-indexing-dead-letters", "unknown", &task("gallery-indexing", UNKNOWN)),
        record("uploads-dead-letters", "of-uploads", "{}"),
    ]}));
    let answer = answer.await.expect("the function answers").expect("the batch is taken");
    assert_eq!(left(&answer), ["unreadable"]);
    let calls = calls.lock().expect("no panic held it");
    let rows: Vec<&Value> =
        calls.iter().filter(|(name, _)| name == "PutItem").map(|(_, call)| &call["TableName"]).collect();
    assert_eq!(rows, ["stack-dead-letters"; 3], "a row for each that was settled");
}

#[tokio::test]
async fn an_unreadable_body_does_not_come_again() {
    let (url, calls) = aws::start("nothing is refused").await;
    let worker = Function::start("worker", &EMOTIONS, &url).await;
    for (id, body) in [
        ("empty", String::new()),
        ("not-json", "\u{0}{".to_owned()),
        ("other-schema", task("emotion-analysis", UNKNOWN).replace("\"schema\":1", "\"schema\":99")),
        ("other-stage", task("image-generation", UNKNOWN)),
        ("unknown", task("emotion-analysis", UNKNOWN)),
    ] {
        let event = json!({"Records": [record("emotion-analysis", id, &body)]});
        let answer = worker.invoke(event).await.expect("an answer").expect("no failure");
        assert_eq!(left(&answer), Vec::<&str>::new(), "{id}");
    }
    let calls = calls.lock().expect("no panic held it");
    assert_eq!(calls.iter().filter(|(name, _)| name == "PutItem").count(), 5);
}

#[tokio::test]
async fn foreign_messages_are_taken_for_what_they_are() {
    let (url, _) = aws::start("nothing is refused").await;
    let intake = Function::start("ingest", &UPLOADS, &url).await;
    let created = |bucket: &str| {
        json!({
            "detail-type": "Object Created",
            "source": "aws.s3",
            "detail": {"bucket": {"name": bucket}, "object": {"key": "user-uploads/a/b/c", "size": 1, "etag": "e"}},
        })
        .to_string()
    };
    let event = json!({"Records": [
        record("uploads", "test-event", r#"{"Event":"s3:TestEvent"}"#),
        record("uploads", "other-bucket", &created("another-bucket")),
        record("face-detection", "other-queue", "{}"),
        record("no-such-queue", "unknown-queue", "{}"),
    ]});
    let answer = intake.invoke(event).await.expect("an answer").expect("no failure");
    assert_eq!(left(&answer), ["other-queue", "unknown-queue"], "what is not ours to delete stays");
}

#[tokio::test]
async fn a_table_that_is_not_there_eats_nothing() {
    let (url, _) = aws::start("stack-").await;
    let worker = Function::start("worker", &EMOTIONS, &url).await;
    let event = json!({"Records": [record("emotion-analysis", "m", &task("emotion-analysis", UNKNOWN))]});
    let answer = worker.invoke(event).await.expect("an answer").expect("no failure");
    assert_eq!(left(&answer), ["m"]);
}

#[tokio::test]
async fn a_record_that_cannot_be_named_fails_its_batch() {
    let (url, _) = aws::start("nothing is refused").await;
    let intake = Function::start("ingest", &UPLOADS, &url).await;
    let mut nameless = record("uploads", "m", "{}");
    nameless["messageId"] = Value::Null;
    let answer = intake.invoke(json!({"Records": [nameless]})).await.expect("an answer");
    let error = answer.expect_err("the whole batch comes again");
    assert!(error.to_string().contains("a record without an id"), "{error}");
    let answer = intake.invoke(json!({"Records": []})).await.expect("it lives on");
    assert_eq!(left(&answer.expect("no failure")), Vec::<&str>::new());
}
