//! The seam between what receives messages (a poll host, a Lambda function) and what settles them.

use crate::ports::queue::Delivery;
use async_trait::async_trait;

/// What the host does with a message that was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that it asks for is stored: acknowledge it.
    Acknowledge,
    /// Leave it; it comes again when its visibility ends, or becomes a dead letter.
    Leave,
}

/// Settles messages of one queue, each by itself.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Handles one delivery. It never fails: what cannot be settled is left, and said so in the log.
    async fn handle(&self, delivery: &Delivery) -> Verdict;
}
