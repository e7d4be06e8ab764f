//! What stands in for AWS: answers every call alike, by its name, and remembers it.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// The calls that came in: name and body.
pub type Calls = Arc<Mutex<Vec<(String, Value)>>>;

/// Listens; where, and the calls. DynamoDB has nothing and takes everything, except what names `refused`.
pub async fn start(refused: &'static str) -> (String, Calls) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let calls = Calls::default();
    let routes = Router::new().fallback(answer).with_state((refused, calls.clone()));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, calls)
}

async fn answer(
    State((refused, calls)): State<(&'static str, Calls)>,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or("none");
    let name = target.rsplit('.').next().unwrap_or(target).to_owned();
    let refuses = String::from_utf8_lossy(&body).contains(refused);
    calls
        .lock()
        .expect("no test panicked while it held this")
        .push((name, serde_json::from_slice(&body).unwrap_or(Value::Null)));
    let json = [("content-type", "application/x-amz-json-1.0")];
    match refuses {
        true => {
            let error =
                json!({"__type": "com.amazonaws#ResourceNotFoundException", "message": "no such table"});
            (StatusCode::BAD_REQUEST, json, error.to_string())
        }
        false => (StatusCode::OK, json, "{}".to_owned()),
    }
}
