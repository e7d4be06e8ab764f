//! Ordinary clients.

use crate::client::{Client, PHOTO, send};
use crate::server::Server;
use domain::QueueName;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_photo_goes_in_and_comes_out_in_the_gallery() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let declared = ana.declare(PHOTO).await;
    assert_eq!(declared.status, 201);
    let body = declared.json();
    assert_eq!(declared.header("location"), body["status_url"]);
    let id = body["upload_id"].as_str().expect("an id").to_owned();
    let path = format!("/uploads/{id}");
    let awaited = ana.get(&path).await;
    assert_eq!(awaited.json()["state"].as_str(), Some("awaiting_upload"));
    assert_eq!(awaited.header("retry-after"), "1");

    assert_eq!(ana.put(&body["upload"], PHOTO).await.status, 200);
    ana.put(&body["upload"], PHOTO).await.assert_problem(412, "already_there");
    server.drain().await;

    let done = ana.get(body["status_url"].as_str().expect("a url")).await;
    let status = done.json();
    assert_eq!(status["state"], "complete");
    assert_eq!(status["done"], true);
    assert_eq!(status["emotion"], "HAPPY");
    let outcomes: Vec<&Value> =
        status["stages"].as_array().expect("stages").iter().map(|s| &s["outcome"]).collect();
    assert_eq!(outcomes, [&json!("succeeded"); 5]);
    assert_eq!(done.header("retry-after"), "");
    let again = send(ana.ask(Method::GET, &path).header("if-none-match", done.header("etag"))).await;
    assert_eq!(again.status, 304);
    assert_eq!(again.bytes.len(), 0);

    let faces = ana.get(&format!("{path}/faces")).await.json();
    assert_eq!(faces["width"], 4);
    assert_eq!(faces["faces"][0]["emotion"], "HAPPY");
    assert_eq!(faces["faces"][0]["face_id"], format!("{id}.1.0"));
    let shown = &ana.get("/gallery").await.json()["uploads"][0];
    assert_eq!(shown["upload_id"], id.as_str());
    for link in ["original_image", "preview", "generated_image", "melody", "melody_midi"] {
        let url = shown[link].as_str().unwrap_or_else(|| panic!("no {link}"));
        let served = Client::anonymous(&server).get(url).await;
        assert_eq!(served.status, 200, "{link}");
        assert_eq!(served.header("x-content-type-options"), "nosniff", "{link}");
    }
}

#[tokio::test]
async fn the_same_content_is_one_upload() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let first = ana.declare(PHOTO).await.json();
    let second = ana.declare(PHOTO).await;
    let body = second.json();
    assert_eq!(second.status, 200);
    assert_eq!(body["duplicate"], true);
    assert_eq!(body["upload_id"], first["upload_id"]);
    assert_eq!(ana.put(&body["upload"], PHOTO).await.status, 200);
    server.drain().await;
    let third = ana.declare(PHOTO).await.json();
    assert_eq!(third["state"], "complete");
    assert_eq!(third["upload"], Value::Null);
    let other = Client::of(&server, "ben@acme").declare(PHOTO).await;
    assert_eq!(other.status, 201);
}

#[tokio::test]
async fn an_idempotency_key_names_one_upload() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let declare = async |content: &[u8], key: &str| {
        let body = crate::client::declaration(content).to_string();
        let request = ana.ask(Method::POST, "/uploads").header("idempotency-key", key);
        send(request.header("content-type", "application/json").body(body)).await
    };
    let first = declare(PHOTO, "k1").await;
    let again = declare(PHOTO, "k1").await;
    assert_eq!(first.status, 201);
    assert_eq!(again.status, 200);
    assert_eq!(first.json()["upload_id"], again.json()["upload_id"]);
    declare(b"\xff\xd8\xff another", "k1").await.assert_problem(422, "idempotency_key_reused");
    declare(PHOTO, &"k".repeat(256)).await.assert_problem(400, "bad_idempotency_key");
    let path = format!("/uploads/{}", first.json()["upload_id"].as_str().expect("an id"));
    assert_eq!(ana.delete(&path).await.status, 204);
    declare(PHOTO, "k1").await.assert_problem(410, "erased");
    assert_eq!(declare(PHOTO, "k2").await.status, 201);
}

#[tokio::test]
async fn others_do_not_see_it() {
    let server = Server::start().await;
    let id = Client::of(&server, "ana@acme").upload(PHOTO).await;
    server.drain().await;
    for other in ["ana@zoo", "ben@acme"] {
        let other = Client::of(&server, other);
        for path in [format!("/uploads/{id}"), format!("/uploads/{id}/faces")] {
            other.get(&path).await.assert_problem(404, "not_found");
        }
        other.delete(&format!("/uploads/{id}")).await.assert_problem(404, "not_found");
        other.post(&format!("/uploads/{id}/replay"), &json!({})).await.assert_problem(404, "not_found");
        other.post(&format!("/uploads/{id}/url"), &json!({})).await.assert_problem(404, "not_found");
        assert_eq!(other.get("/gallery").await.json()["uploads"], json!([]));
    }
}

#[tokio::test]
async fn a_photo_in_the_request_itself() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let sent = ana.post("/upload-photo", &json!({"photo": "data:image/jpeg;base64,/9j/4CBhIHBob3Rv"})).await;
    let body = sent.json();
    assert_eq!(sent.status, 202);
    assert_eq!(body["emotion"], Value::Null);
    assert_eq!(sent.header("retry-after"), "1");
    assert_eq!(sent.header("location"), body["status_url"]);
    assert_eq!(Client::anonymous(&server).get(body["image_url"].as_str().expect("a url")).await.bytes, PHOTO);

    let form = b"--x\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../etc/passwd\"\r\n\r\n";
    let form = [&form[..], PHOTO, b"\r\n--x--\r\n"].concat();
    let request =
        ana.ask(Method::POST, "/upload-image").header("content-type", "multipart/form-data; boundary=x");
    let asked = tokio::spawn(send(request.header("prefer", "wait=20").body(form)));
    while !asked.is_finished() {
        server.drain().await;
        tokio::task::yield_now().await;
    }
    let waited = asked.await.expect("no panic");
    assert_eq!(waited.status, 200);
    assert_eq!(waited.header("preference-applied"), "wait=20");
    assert_eq!(waited.json()["emotion"], "HAPPY");
    assert_eq!(waited.json()["upload_id"], body["upload_id"]);
}

#[tokio::test]
async fn a_replay_begins_the_next_attempt_once() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let id = ana.upload(PHOTO).await;
    let path = format!("/uploads/{id}/replay");
    ana.post(&path, &json!({})).await.assert_problem(409, "nothing_stored");
    server.drain().await;
    let order = json!({"from_stage": "image-generation", "reason": "greener", "reroll": true});
    let replay = async |body: &Value| {
        let request = ana.ask(Method::POST, &path).header("idempotency-key", "r1");
        send(request.header("content-type", "application/json").body(body.to_string())).await
    };
    let ordered = replay(&order).await;
    assert_eq!(ordered.status, 202);
    assert_eq!(ordered.json()["attempt"], 2);
    server.drain().await;
    let again = replay(&order).await;
    assert_eq!(again.status, 202);
    assert_eq!(again.json()["attempt"], 2);
    replay(&json!({"reroll": true})).await.assert_problem(422, "idempotency_key_reused");
    assert_eq!(server.waiting(QueueName::UPLOADS).await, 0);
    let status = ana.get(&format!("/uploads/{id}")).await.json();
    let attempts: Vec<&Value> =
        status["stages"].as_array().expect("stages").iter().map(|s| &s["attempt"]).collect();
    assert_eq!(attempts, [&json!(1), &json!(1), &json!(2), &json!(1), &json!(2)]);
    ana.post(&path, &json!({"from_stage": "dance"})).await.assert_problem(422, "unknown_stage");
    ana.post(&path, &json!({"stage": "x"})).await.assert_problem(422, "invalid_field");
}

#[tokio::test]
async fn an_erased_upload_is_gone() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let id = ana.upload(PHOTO).await;
    server.drain().await;
    let link =
        ana.get("/gallery").await.json()["uploads"][0]["melody"].as_str().expect("a melody").to_owned();
    let path = format!("/uploads/{id}");
    assert_eq!(ana.delete(&path).await.status, 204);
    ana.get(&path).await.assert_problem(404, "not_found");
    ana.delete(&path).await.assert_problem(404, "not_found");
    ana.get(&link).await.assert_problem(404, "no_such_object");
    assert_eq!(ana.get("/gallery").await.json()["uploads"], json!([]));
    assert_eq!(ana.declare(PHOTO).await.status, 201);
}

#[tokio::test]
async fn an_awaited_upload_gets_a_fresh_url() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    let first = ana.declare(PHOTO).await.json();
    let path = format!("/uploads/{}/url", first["upload_id"].as_str().expect("an id"));
    server.advance(901);
    ana.put(&first["upload"], PHOTO).await.assert_problem(403, "url_expired");
    let fresh = ana.post(&path, &json!({})).await.json();
    assert_eq!(ana.put(&fresh["upload"], PHOTO).await.status, 200);
    server.drain().await;
    ana.post(&path, &json!({})).await.assert_problem(409, "already_stored");
}

#[tokio::test]
async fn the_gallery_pages_and_filters() {
    let server = Server::start().await;
    let ana = Client::of(&server, "ana@acme");
    for number in 0..3 {
        ana.upload(&[PHOTO, &[number]].concat()).await;
        server.drain().await;
        server.advance(10);
    }
    let first = ana.get("/gallery?limit=2").await.json();
    let cursor = first["next_cursor"].as_str().expect("there is more");
    let second = ana.get(&format!("/gallery?limit=2&cursor={cursor}")).await.json();
    assert_eq!(first["uploads"].as_array().map(Vec::len), Some(2));
    assert_eq!(second["uploads"].as_array().map(Vec::len), Some(1));
    assert_eq!(second["next_cursor"], Value::Null);
    for (query, count) in [
        ("emotion=HAPPY", 3),
        ("emotion=SAD", 0),
        ("state=partial", 0),
        ("from=2026-01-01T00:00:05Z", 2),
        ("to=2026-01-01T00:00:05Z", 1),
    ] {
        let page = ana.get(&format!("/gallery?{query}")).await.json();
        assert_eq!(page["uploads"].as_array().map(Vec::len), Some(count), "{query}");
    }
}

#[tokio::test]
async fn operators_see_health_and_metrics() {
    let server = Server::start().await;
    let anonymous = Client::anonymous(&server);
    assert_eq!(anonymous.get("/healthz").await.status, 200);
    assert_eq!(anonymous.get("/readyz").await.status, 200);
    Client::of(&server, "ana@acme").upload(PHOTO).await;
    server.advance(3);
    let metrics = async || {
        String::from_utf8(anonymous.get(&format!("{}/metrics", server.metrics_url)).await.bytes)
            .expect("text")
    };
    anonymous.get("/metrics").await.assert_problem(404, "no_such_route");
    let before = metrics().await;
    server.drain().await;
    let after = metrics().await;
    for (text, line) in [
        (&before, "semblante_queue_messages{queue=\"uploads\",state=\"visible\"} 1"),
        (&before, "semblante_queue_oldest_seconds{queue=\"uploads\"} 3.0"),
        (&before, "semblante_requests_total{method=\"POST\",route=\"/uploads\",status=\"201\"} 1"),
        (&after, "semblante_queue_messages{queue=\"uploads\",state=\"visible\"} 0"),
        (&after, "semblante_stage_duration_seconds_count{stage=\"image-generation\"} 1"),
        (
            &after,
            "semblante_stage_outcomes_total{stage=\"gallery-indexing\",outcome=\"succeeded\",code=\"\"} 1",
        ),
    ] {
        assert!(text.lines().any(|written| written == line), "no {line} in\n{text}");
    }
}
