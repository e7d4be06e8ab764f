//! What one user may order, declare and store; other users are not affected.

use crate::client::{Client, PHOTO, declaration, send};
use crate::server::Server;
use ingest::http::Quota;
use serde_json::{Value, json};

fn photo(number: u8) -> Vec<u8> {
    [PHOTO, &[number; 100]].concat()
}

const PHOTO_BYTES: u64 = PHOTO.len() as u64 + 100;

async fn server(change: impl FnOnce(&mut Quota)) -> (Server, Client, Client) {
    let server = Server::with(|settings| change(&mut settings.quota)).await;
    let [ana, ben] = ["ana@acme", "ben@acme"].map(|token| Client::of(&server, token));
    (server, ana, ben)
}

#[tokio::test]
async fn a_user_has_so_many_open_orders() {
    let (server, ana, ben) = server(|quota| quota.max_open_uploads = 3).await;
    let order = json!({"emotion": "SAD"});
    for _ in 0..2 {
        assert_eq!(ana.post("/generate-image", &order).await.status, 202);
    }
    assert_eq!(ana.declare(&photo(1)).await.status, 201);
    for _ in 0..3 {
        assert_eq!(ana.declare(&photo(1)).await.status, 200, "a duplicate opens nothing");
    }
    for refused in [
        ana.post("/generate-melody", &order).await,
        ana.declare(&photo(2)).await,
        send(ana.ask(reqwest::Method::POST, "/detect-faces").body(photo(3))).await,
    ] {
        refused.assert_problem(429, "too_many_open_uploads");
        assert_eq!(refused.json()["limit"], 3);
        assert_eq!(refused.header("retry-after"), "10");
    }
    assert_eq!(ben.post("/generate-image", &order).await.status, 202, "others are not affected");
    server.drain().await;
    server.advance(1);
    assert_eq!(ana.post("/generate-image", &order).await.status, 202, "finished orders do not count");
}

#[tokio::test]
async fn a_user_declares_so_many_bytes_before_putting_them() {
    let (server, ana, ben) = server(|quota| quota.max_declared_bytes = 2 * PHOTO_BYTES).await;
    let declared: Vec<Value> = vec![ana.declare(&photo(1)).await.json(), ana.declare(&photo(2)).await.json()];
    let refused = ana.declare(&photo(3)).await;
    refused.assert_problem(429, "too_many_declared_bytes");
    assert_eq!(refused.json()["limit"], 2 * PHOTO_BYTES);
    assert_eq!(ben.declare(&photo(3)).await.status, 201);
    assert_eq!(ana.post("/generate-image", &json!({"emotion": "SAD"})).await.status, 202, "it has no bytes");
    assert_eq!(ana.put(&declared[0]["upload"], &photo(1)).await.status, 200);
    server.drain().await;
    server.advance(1);
    assert_eq!(ana.declare(&photo(3)).await.status, 201, "what is put is not awaited");
}

#[tokio::test]
async fn a_user_stores_so_many_bytes() {
    let (server, ana, ben) = server(|quota| quota.max_stored_bytes = 2 * PHOTO_BYTES).await;
    let kept = ana.upload(&photo(1)).await;
    ana.upload(&photo(2)).await;
    server.drain().await;
    server.advance(20);
    let refused = ana.post("/uploads", &declaration(&photo(3))).await;
    refused.assert_problem(507, "quota_exceeded");
    assert_eq!(refused.json()["limit"], 2 * PHOTO_BYTES);
    assert_eq!(ana.declare(&photo(1)).await.status, 507, "whether it is a duplicate is not known yet");
    ben.upload(&photo(3)).await;
    assert_eq!(ana.delete(&format!("/uploads/{kept}")).await.status, 204);
    server.advance(1);
    ana.upload(&photo(3)).await;
}
