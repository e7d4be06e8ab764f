//! What the pipeline needs of the world, as small async traits. Each says in words what every backend must do;
//! the storage-like ones are held to it by a suite in [`crate::contract`].

pub mod clock;
pub mod dead_letters;
pub mod error;
pub mod events;
pub mod face_engine;
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
pub use error::{PortError, PortErrorKind};
pub use events::Events;
pub use face_engine::FaceEngine;
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
