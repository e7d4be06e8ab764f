//! The thin API: it validates, stores, enqueues and answers. No pixel is looked at here, no URL is fetched, and no path
//! is opened that a caller names.

mod answer;
mod base64_photo;
pub mod body;
mod body_budget;
mod changes;
mod context;
mod cors;
mod cursor;
mod declare;
mod detect_faces;
mod emotion;
mod erase;
mod faces;
pub mod gallery;
mod generate;
mod health;
mod idempotency;
pub mod links;
mod metrics;
mod multipart_photo;
mod object_response;
mod objects;
mod openapi;
mod owned;
pub mod photo;
mod prefer;
mod replay;
mod routes;
mod session;
pub mod settings;
pub mod signed_urls;
mod stage_document;
mod status;
pub mod status_document;
mod traffic;
mod upload_photo;

pub use crate::problem::Problem;
pub use links::Links;
pub use routes::{router, router_beside};
pub use settings::HttpSettings;
pub use signed_urls::{NoLocalObjects, UrlRefused, UrlVerifier};

use crate::auth::Authenticate;
use crate::metrics::Metrics;
use crate::trace;
use crate::upload_notifier::UploadNotifier;
use body_budget::BodyBudget;
use domain::Ports;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What the API is made of.
#[derive(Clone)]
pub struct App {
    /// Where everything is.
    pub ports: Ports,
    /// Who is calling.
    pub auth: Arc<dyn Authenticate>,
    /// Which signed URLs are good.
    pub door: Arc<dyn UrlVerifier>,
    /// What `/metrics` shows; the ports' meter, or one that shows requests only.
    pub metrics: Arc<Metrics>,
    /// Rung when an upload is saved in this process; one that nobody rings does no harm.
    pub notifier: Arc<UploadNotifier>,
    /// Limits and the public address.
    pub settings: HttpSettings,
}

/// The app, with what all requests share.
pub(crate) struct Api {
    ports: Ports,
    auth: Arc<dyn Authenticate>,
    door: Arc<dyn UrlVerifier>,
    settings: HttpSettings,
    links: Links,
    budget: BodyBudget,
    /// Requests that wait for an upload to change.
    waiters: Semaphore,
    metrics: Arc<Metrics>,
    notifier: Arc<UploadNotifier>,
}

pub(crate) type Shared = axum::extract::State<Arc<Api>>;

impl Api {
    fn new(app: App) -> Self {
        let App { ports, auth, door, metrics, notifier, settings } = app;
        let links = Links::new(&ports, &settings.public_url);
        let budget = BodyBudget::new(settings.max_bytes_in_memory);
        let waiters = Semaphore::new(settings.max_waiters);
        Api { ports, auth, door, settings, links, budget, waiters, metrics, notifier }
    }
}
