//! The words of Semblante and the ports through which it meets the world. No runtime, no storage, no clock here.

pub mod affect;
pub mod distribution;
pub mod emotion;
pub mod face;
pub mod made_by;
pub mod ports;

pub use affect::Affect;
pub use distribution::Distribution;
pub use emotion::Emotion;
pub use face::{BoundingBox, Face};
pub use made_by::MadeBy;

/// A moment, UTC. Backends keep milliseconds.
pub use jiff::Timestamp;
