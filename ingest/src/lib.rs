//! The way in: what arrives on queue `uploads` becomes records and attempts.

pub mod attempt;
pub mod auth;
pub mod erasure;
pub mod http;
pub mod intake;
pub mod keeper;
pub mod objects;
pub mod ports;
pub mod problem;
pub mod redrive;
pub mod request_context;
pub mod request_id;

pub use erasure::erase;
pub use intake::Intake;
pub use keeper::Keeper;
pub use ports::Ports;
pub use redrive::redrive;
