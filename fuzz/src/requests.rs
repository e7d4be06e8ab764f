//! Targets that are requests to the API, in memory, on a store in a temporary directory.

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderValue, Request, StatusCode, header};
use domain::user::Role;
use domain::{TenantId, UserId, fixture};
use embedded::{Durability, ManualClock, Options, Orchestrator, Policy, Store};
use ingest::Metrics;
use ingest::auth::{AuthError, AuthService, AuthSettings, Authenticate, Caller};
use ingest::http::{App, HttpSettings, NoLocalObjects};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tower::ServiceExt;
use uuid::Uuid;

const URL: &str = "http://photos.example";
/// Between two requests, so that none is throttled.
const PAUSE: Duration = Duration::from_secs(2);
const MAX_ANSWER_BYTES: usize = 16 << 20;
/// The routes that take JSON. The first byte of an input selects one.
const JSON_ROUTES: [(&str, &str); 10] = [
    ("POST", "/uploads"),
    ("POST", "/upload-image"),
    ("POST", "/upload-photo"),
    ("POST", "/generate-image"),
    ("POST", "/generate-melody"),
    ("POST", "/uploads/01890000-0000-7000-8000-000000000000/replay"),
    ("PUT", "/uploads/01890000-0000-7000-8000-000000000000/emotion"),
    ("POST", "/api/v1/auth/signup"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/token/refresh"),
];

/// Any text is a token, and only the one that was issued is accepted.
pub fn send_any_token(bytes: &[u8]) {
    WORLD.with(|world| {
        let Some(value) = bearer(bytes) else { return };
        let request = Request::get("/api/v1/auth/whoami").header(header::AUTHORIZATION, value);
        let (status, _) = world.send(request.body(Body::empty()).expect("a legal request"));
        let is_ours = String::from_utf8_lossy(bytes).trim() == world.token;
        assert_eq!(status == StatusCode::OK, is_ours, "{status}");
    });
}

/// Any text is a cursor or 400.
pub fn send_any_cursor(bytes: &[u8]) {
    let cursor: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
    for path in [format!("/gallery?cursor={cursor}"), format!("/uploads?since={cursor}")] {
        WORLD.with(|world| {
            let request = Request::get(path).header(header::AUTHORIZATION, "Bearer stub");
            world.send(request.body(Body::empty()).expect("a legal request"));
        });
    }
}

/// Any bytes are the body of a form with a photo, or a problem.
pub fn send_any_multipart(bytes: &[u8]) {
    send_body("POST", "/upload-photo", "multipart/form-data; boundary=x", bytes);
}

/// Any bytes are the JSON of a route, or a problem.
pub fn send_any_json(bytes: &[u8]) {
    let Some((route, body)) = bytes.split_first() else { return };
    let (method, path) = JSON_ROUTES[usize::from(*route) % JSON_ROUTES.len()];
    send_body(method, path, "application/json", body);
}

fn bearer(token: &[u8]) -> Option<HeaderValue> {
    HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()
}

/// Sends a body in two pieces.
fn send_body(method: &str, path: &str, content_type: &str, bytes: &[u8]) {
    let (first, second) = bytes.split_at(bytes.len() / 2);
    let pieces = [first, second].map(|piece| Ok::<_, Infallible>(Bytes::copy_from_slice(piece)));
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, "Bearer stub")
        .header(header::CONTENT_TYPE, content_type);
    WORLD.with(|world| {
        world.send(request.body(body).expect("a legal request"));
        world.clock.advance(PAUSE);
    });
}

thread_local! {
    static WORLD: World = World::new();
}

struct World {
    runtime: Runtime,
    routes: Router,
    clock: Arc<ManualClock>,
    /// An access token that is valid while the clock stands.
    token: String,
    _folder: TempDir,
}

/// Every token of the API is one user's. Authentication's own routes have real tokens.
struct OneUser;

#[async_trait]
impl Authenticate for OneUser {
    async fn caller(&self, _bearer: &str, _fresh: bool) -> Result<Caller, AuthError> {
        Ok(Caller {
            tenant_id: TenantId::parse("acme").expect("a legal id"),
            user_id: UserId::parse("ana").expect("a legal id"),
            role: Role::Customer,
            session_id: Uuid::nil(),
        })
    }
}

impl World {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::new(fixture::now()));
        let (routes, token) = runtime.block_on(async {
            let routes = routes(&folder, clock.clone()).await;
            let token = sign_up(&routes).await;
            (routes, token)
        });
        World { runtime, routes, clock, token, _folder: folder }
    }

    /// The answer. No request fails for a reason of the server's own.
    fn send(&self, request: Request<Body>) -> (StatusCode, Bytes) {
        let (status, body) = self.runtime.block_on(answer(&self.routes, request));
        let is_expected =
            matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE);
        assert!(!status.is_server_error() || is_expected, "{status}: {}", String::from_utf8_lossy(&body));
        (status, body)
    }
}

async fn answer(routes: &Router, mut request: Request<Body>) -> (StatusCode, Bytes) {
    request.headers_mut().insert(header::HOST, HeaderValue::from_static("photos.example"));
    let Ok(response) = routes.clone().oneshot(request).await;
    let status = response.status();
    (status, to_bytes(response.into_body(), MAX_ANSWER_BYTES).await.expect("a bounded answer"))
}

async fn routes(folder: &TempDir, clock: Arc<ManualClock>) -> Router {
    let options = Options { clock: Some(clock), durability: Durability::Normal, ..Options::default() };
    let store = Store::open(folder.path(), options).expect("a fresh directory opens");
    let orchestrator = Orchestrator::open(&store).await.expect("the pipeline loads");
    let metrics = Arc::new(Metrics::default());
    let ports = embedded::ports(&store, &orchestrator, Policy::default(), URL, metrics.clone());
    let cores = Arc::new(Semaphore::new(1));
    let auth = AuthService::open(ports.clone(), AuthSettings::new(URL), cores).await.expect("there is a key");
    let app = App {
        ports,
        auth: Arc::new(OneUser),
        url_verifier: Arc::new(NoLocalObjects),
        metrics,
        notifier: Arc::default(),
        settings: HttpSettings::new(URL),
    };
    ingest::http::router_beside(app, ingest::auth::routes(Arc::new(auth)))
}

async fn sign_up(routes: &Router) -> String {
    let body = r#"{"email":"ana@example.com","password":"Secreta123"}"#;
    let request = Request::post("/api/v1/auth/signup").header(header::CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body));
    let (status, answer) = answer(routes, request.expect("a legal request")).await;
    assert_eq!(status, StatusCode::CREATED, "{}", String::from_utf8_lossy(&answer));
    let document: serde_json::Value = serde_json::from_slice(&answer).expect("JSON");
    document["access_token"].as_str().expect("a token").to_owned()
}

/// Samples for [`send_any_token`]: one that is accepted.
pub(crate) fn tokens() -> Vec<Vec<u8>> {
    vec![WORLD.with(|world| world.token.clone().into_bytes())]
}
