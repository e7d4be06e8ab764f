//! One poll for a page full of photos, and corrections of emotions.

use crate::client::{Answered, Client, PHOTO, send};
use crate::server::Server;
use reqwest::Method;
use serde_json::{Value, json};

fn ids(page: &Value) -> Vec<&str> {
    let id = |upload: &'_ Value| upload["upload_id"].as_str().map(str::len).is_some();
    let uploads = page["uploads"].as_array().expect("a page");
    assert!(uploads.iter().all(id));
    uploads.iter().filter_map(|upload| upload["upload_id"].as_str()).collect()
}

async fn correct(client: &Client, id: &str, emotion: &str) -> Answered {
    let request = client.ask(Method::PUT, &format!("/uploads/{id}/emotion"));
    let body = json!({"emotion": emotion}).to_string();
    send(request.header("content-type", "application/json").body(body)).await
}

#[tokio::test]
async fn a_poll_lists_what_changed_since_the_last() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let mut uploads = Vec::new();
    for number in 0..3 {
        uploads.push(ana.upload(&[PHOTO, &[number]].concat()).await);
    }
    Client::of(&server, "ben@acme").upload(PHOTO).await;
    let first = ana.get("/uploads?limit=2").await.json();
    assert_eq!(ids(&first), [&uploads[0], &uploads[1]]);
    assert_eq!(first["uploads"][0]["state"], "awaiting_upload");
    let next = first["next_cursor"].as_str().expect("there is more");
    let second = ana.get(&format!("/uploads?limit=2&since={next}")).await.json();
    assert_eq!(ids(&second), vec![&*uploads[2]]);
    assert_eq!(second["next_cursor"], Value::Null);
    let since = second["since"].as_str().expect("a cursor");
    assert_eq!(ana.get(&format!("/uploads?since={since}")).await.json()["uploads"], json!([]));
    server.drain().await;
    let complete = ana.get(&format!("/uploads?since={since}&state=complete")).await.json();
    assert_eq!(complete["uploads"].as_array().map(Vec::len), Some(3));
    assert_eq!(complete["uploads"][0]["emotion"], "HAPPY");
    assert_eq!(ana.get("/uploads?state=failed").await.json()["uploads"], json!([]));
}

#[tokio::test]
async fn a_poll_that_waits_ends_with_the_change() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    ana.upload(PHOTO).await;
    let since = ana.get("/uploads").await.json()["since"].as_str().expect("a cursor").to_owned();
    let poll = ana.ask(Method::GET, &format!("/uploads?since={since}&state=complete"));
    let (answered, ()) = tokio::join!(send(poll.header("prefer", "wait=20")), server.drain());
    assert_eq!(answered.status, 200);
    assert_eq!(answered.header("preference-applied"), "wait=20");
    assert_eq!(answered.json()["uploads"][0]["state"], "complete");
}

#[tokio::test]
async fn invalid_query_parameters_are_named() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    for (query, code) in [
        ("since=!", "bad_cursor"),
        ("since=MS54", "bad_cursor"),
        ("state=erased", "bad_state"),
        ("state=finished", "bad_state"),
        ("limit=0", "bad_limit"),
        ("limit=101", "bad_limit"),
    ] {
        ana.get(&format!("/uploads?{query}")).await.assert_problem(400, code);
    }
    assert_eq!(Client::anonymous(&server).get("/uploads").await.status, 401);
}

#[tokio::test]
async fn a_corrected_emotion_remakes_the_art_and_outlives_a_replay() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let id = ana.upload(PHOTO).await;
    correct(&ana, &id, "SAD").await.assert_problem(409, "nothing_stored");
    server.drain().await;
    correct(&ana, &id, "GLAD").await.assert_problem(422, "bad_emotion");
    correct(&Client::of(&server, "ben@acme"), &id, "SAD").await.assert_problem(404, "not_found");
    let answered = correct(&ana, &id, "SAD").await;
    assert_eq!(answered.status, 202);
    assert_eq!(answered.json()["attempt"], 2);
    server.drain().await;
    let status = ana.get(&format!("/uploads/{id}")).await.json();
    let stages = status["stages"].as_array().expect("stages");
    let attempts: Vec<&Value> = stages.iter().map(|stage| &stage["attempt"]).collect();
    assert_eq!(attempts, [&json!(1), &json!(2), &json!(2), &json!(2), &json!(2)]);
    assert_eq!(status["emotion"], "SAD");
    assert_eq!(status["corrected"], true);
    assert_eq!(stages[1]["made_by"]["engine"], "owner");
    assert_eq!(correct(&ana, &id, "SAD").await.json()["attempt"], 2, "the same correction begins nothing");
    let replay = json!({"from_stage": "face-detection"});
    assert_eq!(ana.post(&format!("/uploads/{id}/replay"), &replay).await.status, 202);
    server.drain().await;
    let replayed = ana.get(&format!("/uploads/{id}")).await.json();
    assert_eq!(replayed["attempt"], 3);
    assert_eq!(replayed["emotion"], "SAD");
    assert_eq!(ana.get("/gallery?emotion=SAD").await.json()["uploads"][0]["upload_id"], id.as_str());
}
