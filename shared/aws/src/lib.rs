//! Semblante's ports on AWS: S3, SQS, Step Functions, EventBridge, DynamoDB, Rekognition and Secrets Manager.

pub mod clients;
pub mod clock;
mod error;
pub mod resources;

pub use clients::{Clients, Connection};
pub use clock::SystemClock;
pub use resources::{Resources, Table};
