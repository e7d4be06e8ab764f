//! The way in: what arrives on queue `uploads` becomes records and attempts.

pub mod attempt;
pub mod auth;
pub mod deposit;
pub mod erasure;
pub mod http;
pub mod intake;
pub mod maintenance;
pub mod metrics;
pub mod objects;
pub mod problem;
mod promotion;
pub mod redrive;
pub mod replay;
pub mod request_context;
mod trace;
pub mod upload_notifier;

pub use deposit::deposit;
pub use erasure::erase;
pub use intake::Intake;
pub use maintenance::Maintenance;
pub use metrics::Metrics;
pub use redrive::redrive;
pub use replay::Replay;
pub use upload_notifier::{NotifyingUploads, UploadNotifier};
