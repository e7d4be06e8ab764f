//! The way in: what arrives on queue `uploads` becomes records and attempts.

pub mod attempt;
pub mod auth;
pub mod erasure;
pub mod expiry;
pub mod http;
pub mod intake;
pub mod metrics;
pub mod objects;
pub mod ports;
pub mod problem;
pub mod redrive;
pub mod request_context;
pub mod request_id;
mod trace;

pub use erasure::erase;
pub use intake::Intake;
pub use metrics::Metrics;
pub use ports::Ports;
pub use redrive::redrive;
