//! The contracts of ports, as plain functions over `&dyn Port`. A backend's test is a list of calls, each with a fresh
//! backend. They panic if the backend breaks its contract.

pub mod dead_letters;
pub mod enrolments;
pub mod events;
pub mod faces;
pub mod gallery;
pub mod objects;
pub mod orchestrator;
pub mod queue;
pub mod secrets;
pub mod sessions;
pub mod throttle;
pub mod uploads;
pub mod users;

use async_trait::async_trait;
use std::time::Duration;

/// Lets time pass for a backend, by winding a clock or by waiting.
#[async_trait]
pub trait Elapse: Send + Sync {
    /// Returns when the backend's clock is at least `duration` later.
    async fn elapse(&self, duration: Duration);
}
