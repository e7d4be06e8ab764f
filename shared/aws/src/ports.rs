//! Every port over one stack's resources.

use crate::{
    Clients, DeadLetters, Enrolments, Events, Faces, Gallery, Objects, Orchestrator, Queue, Resources,
    Secrets, Sessions, SystemClock, Throttle, Uploads, Users,
};
use domain::Ports;
use domain::ports::{Clock, Meter};
use std::sync::Arc;

/// Sends nothing to AWS.
pub fn ports(clients: &Clients, resources: &Arc<Resources>, meter: Arc<dyn Meter>) -> Ports {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    Ports {
        clock: clock.clone(),
        dead_letters: Arc::new(DeadLetters::new(clients, resources)),
        enrolments: Arc::new(Enrolments::new(clients, resources)),
        events: Arc::new(Events::new(clients, resources)),
        faces: Arc::new(Faces::new(clients, resources)),
        gallery: Arc::new(Gallery::new(clients, resources)),
        meter,
        objects: Arc::new(Objects::new(clients, resources, clock.clone())),
        orchestrator: Arc::new(Orchestrator::new(clients, resources)),
        queue: Arc::new(Queue::new(clients, resources)),
        secrets: Arc::new(Secrets::new(clients, resources, clock.clone())),
        sessions: Arc::new(Sessions::new(clients, resources)),
        throttle: Arc::new(Throttle::new(clients, resources)),
        uploads: Arc::new(Uploads::new(clients, resources, clock)),
        users: Arc::new(Users::new(clients, resources)),
    }
}
