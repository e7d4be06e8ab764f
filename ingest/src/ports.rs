//! What the way in needs of the world.

use domain::ports::{
    Clock, DeadLetters, Events, Faces, Gallery, Meter, Objects, Orchestrator, Queue, Uploads, Users,
};
use std::sync::Arc;

/// The ports that ingest sees.
#[derive(Clone)]
#[allow(missing_docs)] // each is its port
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub dead_letters: Arc<dyn DeadLetters>,
    pub events: Arc<dyn Events>,
    pub faces: Arc<dyn Faces>,
    pub gallery: Arc<dyn Gallery>,
    pub meter: Arc<dyn Meter>,
    pub objects: Arc<dyn Objects>,
    pub orchestrator: Arc<dyn Orchestrator>,
    pub queue: Arc<dyn Queue>,
    pub uploads: Arc<dyn Uploads>,
    pub users: Arc<dyn Users>,
}
