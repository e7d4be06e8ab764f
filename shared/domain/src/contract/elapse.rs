//! How a suite lets time pass: by winding a clock, or by waiting.

use async_trait::async_trait;
use std::time::Duration;

/// Lets time pass for a backend.
#[async_trait]
pub trait Elapse: Send + Sync {
    /// Returns when the backend's clock is at least `duration` later.
    async fn elapse(&self, duration: Duration);
}
