//! Faces, pictures and melodies on their own.

use crate::client::{Answered, Client, PHOTO, send};
use crate::server::Server;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

/// Sends a request that waits while the pipeline works.
pub async fn waited(server: &Server, request: RequestBuilder) -> Answered {
    let asked = tokio::spawn(send(request.header("prefer", "wait=20")));
    while !asked.is_finished() {
        server.drain().await;
        tokio::task::yield_now().await;
    }
    asked.await.expect("no panic")
}

#[tokio::test]
async fn faces_come_back_in_pixels() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let request = ana.ask(Method::POST, "/detect-faces").body(PHOTO.to_vec());
    let found = waited(&server, request).await;
    assert_eq!(found.status, 200);
    assert_eq!(found.json()["faces"], json!({"0": {"x1": 1, "y1": 1, "x2": 3, "y2": 3}}));
    let id = found.json()["image_id"].as_str().expect("an id").to_owned();
    let status = ana.get(&format!("/uploads/{id}")).await.json();
    assert_eq!(status["kind"], "faces");
    assert_eq!(status["state"], "complete");
    assert_eq!(ana.get("/gallery").await.json()["uploads"], json!([]));
    let text = send(ana.ask(Method::POST, "/detect-faces").body("a text")).await;
    text.assert_problem(415, "unsupported_type");
}

#[tokio::test]
async fn art_is_made_from_an_emotion() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let picture = waited(&server, ana.ask(Method::GET, "/generate-image?emotion=SAD")).await;
    let body = picture.json();
    assert_eq!(picture.status, 200, "{body}");
    let link = body["generated_image_url"].as_str().expect("a link");
    assert_eq!(Client::anonymous(&server).get(link).await.status, 200);
    let id = body["upload_id"].as_str().expect("an id").to_owned();
    let status = ana.get(&format!("/uploads/{id}")).await.json();
    let outcomes: Vec<&str> =
        status["stages"].as_array().expect("stages").iter().filter_map(|s| s["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["skipped", "succeeded", "succeeded", "skipped", "succeeded"]);
    assert_eq!(status["emotion"], "SAD");
    assert_eq!(status["melody"], json!(null));
    ana.get(&format!("/generate-melody?upload_id={id}")).await.assert_problem(409, "not_generated");

    let ordered = ana.post("/generate-melody", &json!({"emotion": "CALM"})).await;
    assert_eq!(ordered.status, 202);
    assert_eq!(ordered.header("location"), ordered.json()["status_url"].as_str().unwrap_or("-"));
    for (query, code) in
        [("emotion=GLUM", "bad_emotion"), ("", "bad_order"), ("emotion=SAD&upload_id=x", "bad_order")]
    {
        ana.get(&format!("/generate-image?{query}")).await.assert_problem(400, code);
    }
    let other = Client::of(&server, "ben@acme");
    other.get(&format!("/generate-image?upload_id={id}")).await.assert_problem(404, "not_found");
}
