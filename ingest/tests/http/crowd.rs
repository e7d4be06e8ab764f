//! More at a time than there is room for.

use crate::client::{Client, send};
use crate::server::Server;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use deadline::{LIMIT, within};
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const CLIENTS: usize = 200;
const PHOTO_BYTES: usize = 20_000;

/// A photo's first bytes, and a body of its own.
fn photo(number: usize) -> Vec<u8> {
    [&b"\xff\xd8\xff"[..], &number.to_be_bytes(), &vec![7; PHOTO_BYTES]].concat()
}

#[tokio::test]
async fn of_two_hundred_concurrent_uploads_all_end_and_those_over_budget_get_503() {
    // Room for ten at a time, of which each takes its JSON twice.
    let room = 10 * 2 * PHOTO_BYTES as u64 * 4 / 3;
    let server = Server::with(|settings| settings.max_bytes_in_memory = room).await;
    let ana = Arc::new(Client::of(&server, "ana@acme"));
    let refused = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (ana, refused) = (ana.clone(), refused.clone());
            tokio::spawn(async move {
                let body = json!({"image": BASE64_STANDARD.encode(photo(number))}).to_string();
                loop {
                    let request =
                        ana.ask(Method::POST, "/upload-image").header("content-type", "application/json");
                    let answered = send(request.body(body.clone())).await;
                    if answered.status != 503 {
                        return answered;
                    }
                    assert_eq!(answered.header("retry-after"), "2");
                    refused.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    let mut ids = Vec::new();
    for client in clients {
        let answered = within(LIMIT, "the answer to an upload", client).await.expect("no panic");
        assert_eq!(answered.status, 202, "{answered:?}");
        ids.push(answered.json()["upload_id"].to_string());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), CLIENTS);
    assert!(refused.load(Ordering::SeqCst) > 0, "there was room for all at once");
    server.drain().await;
    let complete = ana.get("/gallery?state=complete&limit=100").await.json();
    assert_eq!(complete["uploads"].as_array().map(Vec::len), Some(100));
    let cursor = complete["next_cursor"].as_str().expect("there are more");
    let rest = ana.get(&format!("/gallery?state=complete&limit=100&cursor={cursor}")).await.json();
    assert_eq!(rest["uploads"].as_array().map(Vec::len), Some(100));
    assert!(rest["next_cursor"].is_null());
}
