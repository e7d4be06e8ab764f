//! Semblante's ports on AWS: S3, SQS, Step Functions, EventBridge, DynamoDB, Rekognition and Secrets Manager.

pub mod clients;
pub mod clock;
mod error;
pub mod events;
mod object_versions;
pub mod objects;
pub mod orchestrator;
mod presigned;
pub mod queue;
pub mod resources;

pub use clients::{Clients, Connection};
pub use clock::SystemClock;
pub use events::Events;
pub use objects::Objects;
pub use orchestrator::Orchestrator;
pub use queue::Queue;
pub use resources::{Resources, Table};
