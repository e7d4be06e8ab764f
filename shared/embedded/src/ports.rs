//! Every port over one data directory.

use crate::{
    DeadLetters, Enrolments, Events, Faces, Gallery, Objects, Orchestrator, Policy, Queue, Secrets, Sessions,
    Store, Throttle, Uploads, Users,
};
use domain::Ports;
use domain::ports::Meter;
use std::sync::Arc;

/// Signed URLs begin with `public_url`.
pub fn ports(
    store: &Store,
    orchestrator: &Orchestrator,
    policy: Policy,
    public_url: &str,
    meter: Arc<dyn Meter>,
) -> Ports {
    Ports {
        clock: store.clock(),
        dead_letters: Arc::new(DeadLetters::new(store)),
        enrolments: Arc::new(Enrolments::new(store)),
        events: Arc::new(Events::new(store)),
        faces: Arc::new(Faces::new(store)),
        gallery: Arc::new(Gallery::new(store)),
        meter,
        objects: Arc::new(Objects::new(store, public_url)),
        orchestrator: Arc::new(orchestrator.clone()),
        queue: Arc::new(Queue::new(store, policy)),
        secrets: Arc::new(Secrets::new(store)),
        sessions: Arc::new(Sessions::new(store)),
        throttle: Arc::new(Throttle::new(store)),
        uploads: Arc::new(Uploads::new(store)),
        users: Arc::new(Users::new(store)),
    }
}
