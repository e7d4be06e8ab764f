//! A picture whose faces were asked for first becomes a photo when it is sent as one.

use crate::client::{Answered, Client, PHOTO, declaration, send};
use crate::generated::waited;
use crate::server::Server;
use domain::ports::queue::NewMessage;
use domain::{Begin, IntakeMessage, QueueName, Record, UploadId, fixture};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

fn detect(client: &Client) -> RequestBuilder {
    client.ask(Method::POST, "/detect-faces").body(PHOTO.to_vec())
}

fn upload(client: &Client) -> RequestBuilder {
    let request = client.ask(Method::POST, "/upload-image").header("content-type", "application/json");
    request.body(json!({"image": "/9j/4CBhIHBob3Rv"}).to_string())
}

/// The status document, and the attempt of each stage's result.
async fn status(client: &Client, id: &Value) -> (Value, Vec<Value>) {
    let path = format!("/uploads/{}", id.as_str().expect("an id"));
    let document = client.get(&path).await.json();
    let stages = document["stages"].as_array().expect("stages");
    let attempts = stages.iter().map(|stage| stage["attempt"].clone()).collect();
    (document, attempts)
}

#[tokio::test]
async fn faces_are_kept_and_the_rest_is_made_once() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let id = waited(&server, detect(&ana)).await.json()["image_id"].clone();
    let answered = send(upload(&ana)).await;
    let body = answered.json();
    assert_eq!(answered.status, 202);
    assert_eq!(body["upload_id"], id);
    assert_eq!(body["state"], "stored");
    assert_eq!(answered.header("location"), body["status_url"]);
    assert_eq!(status(&ana, &id).await.0["done"], false, "it is not shown as finished");
    server.drain().await;
    let (document, attempts) = status(&ana, &id).await;
    assert_eq!(document["kind"], "photo");
    assert_eq!(document["state"], "complete");
    assert_eq!(attempts, [1, 1, 2, 2, 2].map(Value::from));
    let row = ana.get("/gallery").await.json()["uploads"][0].clone();
    assert_eq!(row["upload_id"], id);
    assert!(row["generated_image"].is_string());

    let again = waited(&server, upload(&ana)).await;
    assert_eq!(again.status, 200);
    assert_eq!(again.json()["emotion"], "HAPPY");
    assert_eq!(waited(&server, detect(&ana)).await.json()["image_id"], id);
    assert_eq!(status(&ana, &id).await.1, attempts, "nothing was made again");
}

#[tokio::test]
async fn faces_that_are_still_looked_for_do_not_matter() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let looked: Answered = send(detect(&ana).header("prefer", "wait=0")).await;
    let id = looked.json()["image_id"].clone();
    assert_eq!(looked.status, 202);
    let intake = &server.hosts[0];
    assert_eq!(intake.drain(1).await, 1, "its first attempt runs");
    let (first, second) = tokio::join!(send(upload(&ana)), send(upload(&ana)));
    assert_eq!(first.json()["upload_id"], id);
    assert_eq!(second.json()["upload_id"], id);
    server.drain().await;
    let (document, attempts) = status(&ana, &id).await;
    assert_eq!(document["state"], "complete");
    assert!(document["generated_image"].is_string());
    assert_eq!(attempts, [2; 5].map(Value::from));
    assert_eq!(server.waiting(QueueName::UPLOADS.dead_letters()).await, 0);
}

#[tokio::test]
async fn a_declaration_promotes_too() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let id = waited(&server, detect(&ana)).await.json()["image_id"].clone();
    let declared = ana.post("/uploads", &declaration(PHOTO)).await;
    let body = declared.json();
    assert_eq!(declared.status, 200);
    assert_eq!(body["upload_id"], id);
    assert_eq!(body["state"], "stored");
    server.drain().await;
    let (document, _) = status(&ana, &id).await;
    assert_eq!(document["kind"], "photo");
    assert_eq!(document["state"], "complete");
}

/// As after a crash between the order and the write ahead.
#[tokio::test]
async fn the_order_alone_promotes_and_may_come_twice() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let id = waited(&server, detect(&ana)).await.json()["image_id"].clone();
    let upload_id = UploadId::parse(id.as_str().expect("an id")).expect("an id");
    let record = server.ports.uploads.get(&fixture::owner().0, upload_id).await.expect("reading works");
    let upload = record.and_then(Record::live).expect("it is there");
    for number in [1, 2] {
        let begin = Begin { promote: true, supersede: true, ..fixture::begin(&upload, number) };
        let order = vec![NewMessage::new(IntakeMessage::begin_body(&begin), None); 2];
        server.ports.queue.send(QueueName::UPLOADS, order).await.expect("sending works");
    }
    server.drain().await;
    let (document, attempts) = status(&ana, &id).await;
    assert_eq!(document["kind"], "photo");
    assert_eq!(document["state"], "complete");
    assert_eq!(attempts, [1, 1, 2, 2, 2].map(Value::from));
}
