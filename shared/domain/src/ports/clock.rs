//! Time, which tests hold still.

use async_trait::async_trait;
use jiff::Timestamp;

/// The one clock of an installation.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present moment, UTC, in whole milliseconds. It MAY stand still between two calls and MUST NOT go back.
    fn now(&self) -> Timestamp;

    /// Returns once `now()` is at or after `moment`; at once if it already is.
    async fn sleep_until(&self, moment: Timestamp);
}
