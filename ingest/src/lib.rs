//! The way in: what arrives on queue `uploads` becomes records and attempts.

pub mod attempt;
pub mod auth;
pub mod bell;
pub mod deposit;
pub mod erasure;
pub mod http;
pub mod intake;
pub mod keeper;
pub mod metrics;
pub mod objects;
pub mod ports;
pub mod problem;
mod promotion;
pub mod redrive;
pub mod replay;
pub mod request_context;
pub mod request_id;
mod trace;

pub use bell::{Bell, RingingUploads};
pub use deposit::deposit;
pub use erasure::erase;
pub use intake::Intake;
pub use keeper::Keeper;
pub use metrics::Metrics;
pub use ports::Ports;
pub use redrive::redrive;
pub use replay::Replay;
