//! What the API is made of: its ports, its settings, and what all requests share.

use super::budget::{Budget, Owner};
use super::links::{Links, UrlVerifier};
use super::quota::{Quota, Usages};
use crate::auth::Authenticate;
use crate::metrics::Metrics;
use crate::problem::{Explained, Problem};
use crate::upload_notifier::UploadNotifier;
use axum::extract::State;
use domain::{Ports, Sha256};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub struct App {
    pub ports: Ports,
    pub auth: Arc<dyn Authenticate>,
    pub url_verifier: Arc<dyn UrlVerifier>,
    /// Counts requests: the ports' meter, or one of its own.
    pub metrics: Arc<Metrics>,
    /// Notified of each save in this process; without notifications, waiting requests poll.
    pub notifier: Arc<UploadNotifier>,
    pub settings: HttpSettings,
}

/// Limits and addresses of the API.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Scheme, host and port that clients use, without a path. All links begin with it, whatever `Host` says.
    pub public_url: String,
    /// If false, only health checks are answered.
    pub accept_traffic: bool,
    /// Lifetime of a presigned PUT.
    pub url_ttl: Duration,
    /// Maximum size of a photo that is put with a presigned URL.
    pub max_photo_bytes: u64,
    /// Maximum size of a photo in a request to the API itself.
    pub max_inline_bytes: u64,
    /// Bytes of bodies in memory, over all requests; requests over it get 503. A user holds a quarter at most.
    pub max_bytes_in_memory: u64,
    /// The same for the disk, where bodies over 1 MiB go.
    pub max_bytes_on_disk: u64,
    /// The longest `Prefer: wait`.
    pub max_wait: Duration,
    /// Concurrently waiting requests; requests over it are answered at once.
    pub max_waiters: usize,
    /// Concurrent requests that write; requests over it get 503. They run to their end, even if the client leaves.
    pub max_writers: usize,
    /// Time limit of a request, including its waiting, beyond the time that its body may take at the least rate.
    pub request_timeout: Duration,
    /// How long a body may stall, or be behind the least rate of 16 KiB/s.
    pub body_idle_timeout: Duration,
    /// What one user may order and store.
    pub quota: Quota,
    /// Origins that browsers may call from; `*` for all.
    pub allowed_origins: Vec<String>,
}

impl HttpSettings {
    pub fn new(public_url: &str) -> Self {
        HttpSettings {
            public_url: public_url.trim_end_matches('/').to_owned(),
            accept_traffic: true,
            url_ttl: Duration::from_secs(900),
            max_photo_bytes: 20 << 20,
            max_inline_bytes: 10 << 20,
            max_bytes_in_memory: 128 << 20,
            max_bytes_on_disk: 4 << 30,
            max_wait: Duration::from_secs(25),
            max_waiters: 1000,
            max_writers: 1000,
            request_timeout: Duration::from_secs(60),
            body_idle_timeout: Duration::from_secs(10),
            quota: Quota::default(),
            allowed_origins: Vec::new(),
        }
    }
}

/// The app with what all requests share.
pub(crate) struct Api {
    pub(crate) ports: Ports,
    pub(crate) auth: Arc<dyn Authenticate>,
    pub(crate) url_verifier: Arc<dyn UrlVerifier>,
    pub(crate) settings: HttpSettings,
    pub(crate) links: Links,
    pub(crate) memory: Budget,
    pub(crate) disk: Budget,
    pub(crate) waiters: Budget,
    pub(crate) writers: Budget,
    usages: Usages,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) notifier: Arc<UploadNotifier>,
    pub(crate) openapi: Value,
    pub(crate) explained: Explained,
}

pub(crate) type Shared = State<Arc<Api>>;

impl Api {
    pub(crate) fn new(app: App, openapi: Value) -> Self {
        let App { ports, auth, url_verifier, metrics, notifier, settings } = app;
        let links = Links::new(&ports, &settings.public_url);
        let explained = Explained::below(&settings.public_url);
        let memory = Budget::new(settings.max_bytes_in_memory);
        let disk = Budget::new(settings.max_bytes_on_disk);
        let waiters = Budget::new(settings.max_waiters as u64);
        let writers = Budget::new(settings.max_writers as u64);
        Api {
            ports,
            auth,
            url_verifier,
            settings,
            links,
            memory,
            disk,
            waiters,
            writers,
            usages: Usages::default(),
            metrics,
            notifier,
            openapi,
            explained,
        }
    }

    /// Admits an upload or an order of `owner` that takes up `bytes`. Errors: 429 or 507, the owner's quota is used up.
    pub(crate) async fn admit(&self, owner: &Owner, bytes: u64) -> Result<(), Problem> {
        self.usages.admit(&self.ports, &self.settings.quota, owner, bytes).await
    }

    /// Whether the owner has this content already. It needs no admission.
    pub(crate) async fn has_content(&self, owner: &Owner, sha256: &Sha256) -> Result<bool, Problem> {
        Ok(self.ports.uploads.of_content(&owner.0, &owner.1, sha256).await?.is_some())
    }

    /// Takes back an admission that made no upload.
    pub(crate) fn withdraw(&self, owner: &Owner, bytes: u64) {
        self.usages.release(&self.ports, owner, bytes);
    }
}
