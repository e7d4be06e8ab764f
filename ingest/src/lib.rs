//! The HTTP API with its authentication, the intake of upload events, and maintenance.

mod acceptance;
pub mod auth;
mod cache;
pub mod content;
pub mod deposit;
pub mod enrolment;
pub mod http;
pub mod installation;
pub mod intake;
pub mod maintenance;
pub mod metrics;
pub mod problem;
pub mod request_context;
mod trace;
pub mod upload_notifier;
pub mod user_archive;

pub use deposit::deposit;
pub use intake::Intake;
pub use maintenance::Maintenance;
pub use metrics::Metrics;
pub use upload_notifier::{NotifyingUploads, UploadNotifier};
