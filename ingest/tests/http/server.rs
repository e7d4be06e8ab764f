//! An installation behind a listening API, with a manual clock and fake stages.

use async_trait::async_trait;
use axum::Router;
use domain::ports::Clock;
use domain::ports::objects::PutGrant;
use domain::user::Role;
use domain::{Bucket, Handler, ObjectKey, Ports, QueueName, Stage, TenantId, UserId, fixture};
use embedded::{Durability, ManualClock, Objects, Options, Orchestrator, Policy, SignedUrls, Store};
use ingest::auth::{AuthError, Authenticate, Caller};
use ingest::http::{App, HttpSettings, UrlRefused, UrlVerifier};
use ingest::{Intake, Metrics};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use uuid::Uuid;
use workers::fake_stage::FakeStage;
use workers::{EmotionAnalysis, Limits, PollHost, Polling, Settle, StageWorker};

/// Two hundred photos take fewer.
const MAX_DRAINS: usize = 10_000;

pub struct Server {
    pub clock: Arc<ManualClock>,
    pub ports: Ports,
    pub url: String,
    /// Where measurements are read.
    pub metrics_url: String,
    pub hosts: Vec<PollHost>,
    root: TempDir,
}

/// Tokens are `user@tenant`.
struct Names;

#[async_trait]
impl Authenticate for Names {
    async fn caller(&self, bearer: &str, _fresh: bool) -> Result<Caller, AuthError> {
        let (user, tenant) = bearer.split_once('@').ok_or(AuthError::Invalid)?;
        Ok(Caller {
            tenant_id: TenantId::parse(tenant).map_err(|_| AuthError::Invalid)?,
            user_id: UserId::parse(user).map_err(|_| AuthError::Invalid)?,
            role: Role::Customer,
            session_id: Uuid::nil(),
        })
    }
}

struct SignedObjects {
    urls: SignedUrls,
    clock: Arc<dyn Clock>,
}

fn refused(error: embedded::UrlError) -> UrlRefused {
    UrlRefused { code: error.code(), detail: error.to_string() }
}

impl UrlVerifier for SignedObjects {
    fn verify_put(
        &self,
        path: &str,
        query: &str,
        headers: &BTreeMap<String, String>,
    ) -> Result<PutGrant, UrlRefused> {
        self.urls.verify_put(path, query, headers, self.clock.now()).map_err(refused)
    }

    fn verify_get(&self, path: &str, query: &str) -> Result<(Bucket, ObjectKey), UrlRefused> {
        self.urls.verify_get(path, query, self.clock.now()).map_err(refused)
    }
}

impl Server {
    pub async fn start() -> Self {
        Server::with(|_| ()).await
    }

    pub async fn with(change: impl FnOnce(&mut HttpSettings)) -> Self {
        Server::of(change, |ports| ports).await
    }

    /// A server with changed settings, whose API has wrapped ports.
    pub async fn of(change: impl FnOnce(&mut HttpSettings), wrap: impl FnOnce(Ports) -> Ports) -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(ManualClock::new(fixture::now()));
        let options =
            Options { clock: Some(clock.clone()), durability: Durability::Normal, ..Options::default() };
        let store = Store::open(root.path(), options).expect("a fresh directory opens");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let objects = Objects::new(&store, &url);
        let url_verifier =
            Arc::new(SignedObjects { urls: objects.signed_urls().clone(), clock: clock.clone() });
        let metrics = Arc::new(Metrics::default());
        let counted = metrics.clone();
        let orchestrator = Orchestrator::open(&store).await.expect("the pipeline loads");
        let ports = embedded::ports(&store, &orchestrator, Policy::default(), &url, metrics.clone());
        let mut settings = HttpSettings::new(&url);
        change(&mut settings);
        let auth = Arc::new(Names);
        let app = App {
            ports: wrap(ports.clone()),
            auth,
            url_verifier,
            metrics,
            notifier: Arc::default(),
            settings,
        };
        let router = ingest::http::router(app);
        let metrics_router = ingest::http::metrics_router(counted, ports.queue.clone());
        let metrics_url = serve(metrics_router).await;
        tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Server { clock, hosts: hosts(&ports), ports, url, metrics_url, root }
    }

    /// The data directory.
    pub fn directory(&self) -> &Path {
        self.root.path()
    }

    /// Handles all messages that can be handled now.
    pub async fn drain(&self) {
        for _ in 0..MAX_DRAINS {
            let mut handled = 0;
            for host in &self.hosts {
                handled += host.drain(50).await;
            }
            if handled == 0 {
                return;
            }
        }
        panic!("there are always more messages");
    }

    pub async fn waiting(&self, queue: QueueName) -> u64 {
        self.ports.queue.depth(queue).await.expect("counting works").visible
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

/// Serves a router on a port of its own; its URL.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
    url
}

fn hosts(ports: &Ports) -> Vec<PollHost> {
    let host = |queue_name: QueueName, handler: Arc<dyn Handler>| PollHost {
        queue_name,
        queue: ports.queue.clone(),
        clock: ports.clock.clone(),
        handler,
        polling: Polling::default(),
    };
    let mut hosts =
        vec![host(QueueName::UPLOADS, Arc::new(Intake::new(ports.clone(), Bucket::Media.as_str())))];
    for stage in Stage::ALL {
        let worker: Arc<dyn StageWorker> = match stage {
            Stage::EmotionAnalysis => Arc::new(EmotionAnalysis::new(ports.faces.clone())),
            _ => Arc::new(FakeStage(stage)),
        };
        let settle = Settle::new(ports.clone(), worker, Limits::default());
        hosts.push(host(QueueName::of(stage), Arc::new(settle)));
    }
    hosts
}
