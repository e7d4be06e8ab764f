//! Everything that the pipeline needs of the world, as small async traits. Each states what every backend must do; the
//! storage-like ones have a suite of tests in [`crate::contract`].

#![warn(missing_docs)]

pub mod clock;
pub mod dead_letters;
pub mod enrolments;
pub mod error;
pub mod events;
pub mod face_engine;
pub mod face_verifier;
pub mod faces;
pub mod gallery;
pub mod maker;
pub mod meter;
pub mod objects;
pub mod orchestrator;
pub mod queue;
pub mod secrets;
pub mod sessions;
pub mod throttle;
pub mod uploads;
pub mod users;

pub use clock::Clock;
pub use dead_letters::DeadLetters;
pub use enrolments::Enrolments;
pub use error::{PortError, PortErrorKind};
pub use events::Events;
pub use face_engine::FaceEngine;
pub use face_verifier::FaceVerifier;
pub use faces::Faces;
pub use gallery::Gallery;
pub use maker::Maker;
pub use meter::Meter;
pub use objects::Objects;
pub use orchestrator::Orchestrator;
pub use queue::Queue;
pub use secrets::Secrets;
pub use sessions::Sessions;
pub use throttle::Throttle;
pub use uploads::Uploads;
pub use users::Users;

use std::sync::Arc;

/// Every port of one installation. Each backend builds it beside its adapters (`embedded::ports`, `aws::ports`). To wrap a
/// port (a test, the notifier of long polls), replace its field.
#[derive(Clone)]
#[allow(missing_docs)] // each field is its port
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub dead_letters: Arc<dyn DeadLetters>,
    pub enrolments: Arc<dyn Enrolments>,
    pub events: Arc<dyn Events>,
    pub faces: Arc<dyn Faces>,
    pub gallery: Arc<dyn Gallery>,
    pub meter: Arc<dyn Meter>,
    pub objects: Arc<dyn Objects>,
    pub orchestrator: Arc<dyn Orchestrator>,
    pub queue: Arc<dyn Queue>,
    pub secrets: Arc<dyn Secrets>,
    pub sessions: Arc<dyn Sessions>,
    pub throttle: Arc<dyn Throttle>,
    pub uploads: Arc<dyn Uploads>,
    pub users: Arc<dyn Users>,
}
