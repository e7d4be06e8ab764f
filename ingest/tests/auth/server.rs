//! A server on a port of its own and a client for it.

use crate::faces::{Enrolments, Numbers};
use async_trait::async_trait;
use deadline::{LIMIT, within};
use domain::ports::secrets::TokenSeeds;
use domain::ports::{PortError, Secrets};
use domain::{Email, Ports, TenantId, fixture};
use embedded::{ManualClock, Options, Orchestrator, Policy, Store};
use ingest::auth::{AuthService, AuthSettings, routes};
use ingest::enrolment::{EnrolmentService, EnrolmentSettings};
use ingest::{Metrics, request_context};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

pub const PASSWORD: &str = "Secreta123";

pub struct Server {
    pub clock: Arc<ManualClock>,
    pub store: Store,
    pub service: Arc<AuthService>,
    pub faces: Arc<Numbers>,
    /// The address under which the server can write no enrolment.
    pub broken: Arc<Mutex<Option<Email>>>,
    address: SocketAddr,
    _root: TempDir,
}

pub struct Reply {
    pub status: u16,
    head: String,
    cookie: Option<String>,
    pub body: Value,
}

impl Server {
    pub async fn start() -> Self {
        Server::start_with(|_| {}).await
    }

    /// Enrols faces of accounts only.
    pub async fn of_accounts() -> Self {
        Server::of(|_| {}, false).await
    }

    pub async fn start_with(change: impl FnOnce(&mut AuthSettings)) -> Self {
        Server::of(change, true).await
    }

    async fn of(change: impl FnOnce(&mut AuthSettings), enrols_all: bool) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::new(fixture::now()));
        let options = Options { clock: Some(clock.clone()), ..Options::default() };
        let store = Store::open(root.path(), options).expect("a fresh directory opens");
        let service =
            Arc::new(service_with(&store, clock.clone(), &store.keys().token_seeds(), change).await);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let faces = Arc::new(Numbers::default());
        let broken = Arc::default();
        let working = ports(&store, clock.clone(), &store.keys().token_seeds()).await;
        let rows = Enrolments { port: working.enrolments.clone(), broken: Arc::clone(&broken) };
        let enrolments = EnrolmentService::new(
            Ports { enrolments: Arc::new(rows), ..working },
            service.clone(),
            faces.clone(),
            EnrolmentSettings {
                is_open: enrols_all,
                default_tenant: TenantId::parse("default").expect("an id"),
                trusted_proxies: vec!["127.0.0.1".parse().expect("an address")],
                public_url: "http://photos.example".to_owned(),
                max_photo_bytes: 100_000,
            },
        );
        let all = routes(service.clone()).merge(ingest::enrolment::routes(Arc::new(enrolments)));
        let app = axum::Router::from(all).layer(axum::middleware::from_fn(request_context::around));
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, app).await.expect("the server runs") });
        Server { clock, store, service, faces, broken, address, _root: root }
    }

    /// The answer to a request with a bearer token, whose body is not JSON.
    pub async fn download(&self, path: &str, token: &str) -> reqwest::Response {
        let url = format!("http://{}{path}", self.address);
        let request = reqwest::Client::new().get(url).bearer_auth(token);
        within(LIMIT, path, request.send()).await.expect("the server answers")
    }

    /// The ports under the service.
    pub async fn ports(&self) -> Ports {
        ports(&self.store, self.clock.clone(), &self.store.keys().token_seeds()).await
    }

    /// The ports without the enrolment row under an address, which cannot be written.
    pub async fn ports_without(&self, email: &Email) -> Ports {
        let working = self.ports().await;
        let broken = Arc::new(Mutex::new(Some(email.clone())));
        let rows = Enrolments { port: working.enrolments.clone(), broken };
        Ports { enrolments: Arc::new(rows), ..working }
    }

    /// Sends a request; `headers` are whole lines. A body is JSON unless they say otherwise.
    pub async fn send(&self, method: &str, path: &str, headers: &[String], body: &[u8]) -> Reply {
        let reply = self.exchange(method, path, headers, body);
        within(LIMIT, &format!("the answer to {method} {path}"), reply).await
    }

    async fn exchange(&self, method: &str, path: &str, headers: &[String], body: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.expect("the server listens");
        let mut lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
        if !body.is_empty() && !lines.contains("content-type:") {
            lines += "content-type: application/json\r\n";
        }
        if !lines.contains("host:") {
            lines += "host: photos.example\r\n";
        }
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n{lines}\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("the server reads");
        // The server may refuse and close before all is written.
        if let Err(error) = stream.write_all(body).await {
            assert!(body.len() > 100_000, "{error}");
        }
        let mut answer = Vec::new();
        if let Err(error) = stream.read_to_end(&mut answer).await {
            assert!(!answer.is_empty(), "{error}");
        }
        Reply::read(&String::from_utf8(answer).expect("answers are UTF-8"))
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], body.to_string().as_bytes()).await
    }

    /// A request with a bearer token and no body.
    pub async fn with(&self, method: &str, path: &str, token: &str) -> Reply {
        self.send(method, path, &[format!("authorization: Bearer {token}")], b"").await
    }

    pub async fn sign_up(&self, email: &str) -> Reply {
        self.post("/api/v1/auth/signup", &json!({"email": email, "password": PASSWORD})).await
    }

    pub async fn log_in(&self, email: &str, password: &str) -> Reply {
        self.post("/api/v1/auth/login", &json!({"email": email, "password": password})).await
    }

    /// A login from another address, forwarded by this machine as a proxy.
    pub async fn log_in_from(&self, address: &str, email: &str, password: &str) -> Reply {
        let body = json!({"email": email, "password": password}).to_string();
        let headers = [format!("x-forwarded-for: {address}")];
        self.send("POST", "/api/v1/auth/login", &headers, body.as_bytes()).await
    }

    pub async fn refresh(&self, token: &str) -> Reply {
        self.with("POST", "/api/v1/token/refresh", token).await
    }

    pub async fn who_am_i(&self, token: &str) -> Reply {
        self.with("GET", "/api/v1/auth/whoami", token).await
    }

    pub fn wind(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// Authentication on a store.
pub async fn service(store: &Store, clock: Arc<ManualClock>, seeds: &[[u8; 32]]) -> AuthService {
    service_with(store, clock, seeds, |_| {}).await
}

async fn service_with(
    store: &Store,
    clock: Arc<ManualClock>,
    seeds: &[[u8; 32]],
    change: impl FnOnce(&mut AuthSettings),
) -> AuthService {
    let ports = ports(store, clock, seeds).await;
    let mut settings = AuthSettings::new("http://photos.example");
    settings.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    change(&mut settings);
    AuthService::open(ports, settings, Arc::new(Semaphore::new(2))).await.expect("there is a key")
}

async fn ports(store: &Store, clock: Arc<ManualClock>, seeds: &[[u8; 32]]) -> Ports {
    let orchestrator = Orchestrator::open(store).await.expect("the pipeline loads");
    let meter = Arc::new(Metrics::default());
    let ports = embedded::ports(store, &orchestrator, Policy::default(), "http://photos.example", meter);
    Ports { clock, secrets: Arc::new(Fixed(seeds.into())), ..ports }
}

/// Seeds that never change.
struct Fixed(TokenSeeds);

#[async_trait]
impl Secrets for Fixed {
    async fn token_seeds(&self) -> Result<TokenSeeds, PortError> {
        Ok(self.0.clone())
    }

    async fn token_seeds_for_unknown(&self) -> Result<TokenSeeds, PortError> {
        Ok(self.0.clone())
    }

    async fn rotate(&self) -> Result<(), PortError> {
        Err(PortError::broken("these seeds do not change"))
    }
}

impl Reply {
    fn read(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect("JSON") };
        let cookie = head.split_once("__Host-refresh=").and_then(|(_, rest)| rest.split_once(';'));
        let cookie = cookie.map(|(token, _)| token.to_owned());
        Reply { status, head: head.to_lowercase(), cookie, body }
    }

    /// The refresh token in `Set-Cookie`.
    pub fn cookie(&self) -> String {
        self.cookie.clone().unwrap_or_else(|| panic!("no cookie beside {}", self.body))
    }

    /// A header's value, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("no {field} in {}", self.body)).to_owned()
    }

    /// Expects a problem.
    #[track_caller]
    pub fn expect(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.body["code"], code, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.body["status"], status);
        for field in ["type", "title", "detail", "instance", "request_id"] {
            assert!(self.body[field].is_string(), "{field} in {}", self.body);
        }
        assert_eq!(self.header("x-request-id"), self.body["request_id"].as_str());
        assert_eq!(self.header("www-authenticate").is_some(), status == 401);
        assert_eq!(self.header("retry-after").is_some(), matches!(status, 429 | 503));
    }
}
