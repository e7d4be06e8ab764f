//! Events to other systems.

use super::error::PortError;
use crate::domain_event::DomainEvent;
use async_trait::async_trait;

/// Publishes events to other systems. An event may be published more than once with the same id; listeners drop repeats.
#[async_trait]
pub trait Events: Send + Sync {
    /// Publishes an event; once this returns it is not lost.
    async fn publish(&self, event: &DomainEvent) -> Result<(), PortError>;
}
