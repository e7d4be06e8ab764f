//! Events out.

use super::error::PortError;
use crate::domain_event::DomainEvent;
use async_trait::async_trait;

/// Tells the world. An event may be published more than once with the same id; whoever listens drops repeats.
#[async_trait]
pub trait Events: Send + Sync {
    /// Publishes an event; once this returns it is not lost.
    async fn publish(&self, event: &DomainEvent) -> Result<(), PortError>;
}
