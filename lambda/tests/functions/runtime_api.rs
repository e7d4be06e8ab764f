//! A Lambda Runtime API for one function: hands it events, one at a time, and takes its answers.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

/// How long an invocation may take, as the function is told.
const TIMEOUT: Duration = Duration::from_secs(30);
const ARN: &str = "arn:aws:lambda:us-east-1:000000000000:function:test";

/// What a function answered: a response, or an error.
pub type Answer = Result<Value, Value>;

struct Shared {
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<(String, Value)>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
    unexpected: Mutex<Vec<String>>,
    asked: watch::Sender<bool>,
}

/// A Runtime API that listens.
pub struct RuntimeApi {
    /// `AWS_LAMBDA_RUNTIME_API` of the function.
    pub address: SocketAddr,
    shared: Arc<Shared>,
    events: mpsc::UnboundedSender<(String, Value)>,
}

impl RuntimeApi {
    /// Listens on a free port.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (events, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            events: tokio::sync::Mutex::new(receiver),
            waiting: Mutex::default(),
            unexpected: Mutex::default(),
            asked: watch::Sender::new(false),
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .fallback(unexpected)
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(RuntimeApi { address, shared, events })
    }

    /// Returns when the function asks for its first event: its initialisation is over. Panics if it has registered an
    /// extension, which would lengthen every cold start.
    pub async fn initialised(&self) {
        let mut asked = self.shared.asked.subscribe();
        if asked.wait_for(|asked| *asked).await.is_err() {
            std::future::pending::<()>().await
        }
        assert_eq!(*lock(&self.shared.unexpected), [""; 0], "asked for besides events");
    }

    /// Hands the function an event; its answer, None where it ended without one.
    pub async fn invoke(&self, event: Value) -> Option<Answer> {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        let id = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed).to_string();
        let (sender, answer) = oneshot::channel();
        lock(&self.shared.waiting).insert(id.clone(), sender);
        self.events.send((id, event)).ok()?;
        answer.await.ok()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn next(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    shared.asked.send_replace(true);
    let event = shared.events.lock().await.recv().await;
    let Some((id, event)) = event else { return std::future::pending().await };
    let deadline = SystemTime::now() + TIMEOUT;
    let deadline_ms = deadline.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", ARN.to_owned()),
    ] {
        let value = HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static(""));
        headers.insert(HeaderName::from_static(name), value);
    }
    (headers, Json(event))
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    answered(&shared, &id, Ok(serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    answered(&shared, &id, Err(serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

fn answered(shared: &Shared, id: &str, answer: Answer) -> StatusCode {
    match lock(&shared.waiting).remove(id).map(|waiting| waiting.send(answer)) {
        Some(Ok(())) => StatusCode::ACCEPTED,
        Some(Err(_)) | None => StatusCode::BAD_REQUEST,
    }
}

async fn unexpected(State(shared): State<Arc<Shared>>, uri: Uri) -> StatusCode {
    lock(&shared.unexpected).push(uri.path().to_owned());
    StatusCode::NOT_FOUND
}
