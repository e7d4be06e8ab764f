//! Hears of closings inside this process, so that nobody has to poll for them.

use async_trait::async_trait;
use domain::DomainEvent;
use domain::ports::{Events, PortError};
use std::sync::Arc;
use tokio::sync::watch;

/// Publishes events, and wakes whoever waits for one.
pub struct Closings {
    events: Arc<dyn Events>,
    published: watch::Sender<u64>,
}

impl Closings {
    /// Publishes to `events`.
    pub fn new(events: Arc<dyn Events>) -> Self {
        Closings { events, published: watch::Sender::new(0) }
    }

    /// Changes with every event.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.published.subscribe()
    }
}

#[async_trait]
impl Events for Closings {
    async fn publish(&self, event: &DomainEvent) -> Result<(), PortError> {
        self.events.publish(event).await?;
        self.published.send_modify(|published| *published += 1);
        Ok(())
    }
}
