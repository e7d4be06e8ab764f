//! Counts of tries.

use super::error::PortError;
use crate::throttle::{Rule, ThrottleKey, Wait};
use async_trait::async_trait;
use jiff::Timestamp;

/// Counts tries under keys, by [`Rule::take`].
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Counts a try, or tells how long it has to wait. Of many at once no more pass than the rule lets pass.
    async fn take(
        &self,
        key: ThrottleKey,
        rule: &Rule,
        now: Timestamp,
    ) -> Result<Result<(), Wait>, PortError>;

    /// Forgets what was counted: a try has succeeded.
    async fn forgive(&self, key: ThrottleKey) -> Result<(), PortError>;
}
