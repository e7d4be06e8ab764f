//! The thin API: it validates, stores, enqueues and answers. No pixel is looked at here, no URL is fetched, and no path
//! is opened that a caller names.

mod answer;
mod base64_photo;
mod body;
mod body_budget;
mod context;
mod cors;
mod cursor;
mod declare;
mod detect_faces;
mod erase;
mod faces;
mod gallery;
mod generate;
mod health;
mod idempotency;
mod links;
mod metrics;
mod multipart_photo;
pub mod object_door;
mod object_response;
mod objects;
mod openapi;
mod owned;
mod photo;
mod prefer;
mod replay;
mod routes;
mod session;
pub mod settings;
mod stage_document;
mod status;
mod status_document;
mod trace;
mod traffic;
mod upload_photo;

pub use object_door::{DoorError, ObjectDoor};
pub use routes::{router, router_beside};
pub use settings::HttpSettings;

use crate::auth::Authenticate;
use crate::ports::Ports;
use body_budget::BodyBudget;
use metrics::Metrics;
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
    pub door: Arc<dyn ObjectDoor>,
    /// Limits and the public address.
    pub settings: HttpSettings,
}

/// The app, with what all requests share.
pub(crate) struct Api {
    ports: Ports,
    auth: Arc<dyn Authenticate>,
    door: Arc<dyn ObjectDoor>,
    settings: HttpSettings,
    budget: BodyBudget,
    /// Requests that wait for an upload to change.
    waiters: Semaphore,
    metrics: Metrics,
}

pub(crate) type Shared = axum::extract::State<Arc<Api>>;

impl Api {
    fn new(app: App) -> Self {
        let App { ports, auth, door, settings } = app;
        let budget = BodyBudget::new(settings.most_bytes_in_memory);
        let waiters = Semaphore::new(settings.most_waiters);
        Api { ports, auth, door, settings, budget, waiters, metrics: Metrics::default() }
    }
}
