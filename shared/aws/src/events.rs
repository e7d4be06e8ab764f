//! Events out, on an EventBridge bus.

use crate::clients::Clients;
use crate::error::{self, unreadable};
use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use domain::DomainEvent;
use domain::ports::{self, PortError, PortErrorKind};
use settings::Resources;
use std::sync::Arc;

/// The `source` that rules match.
pub const SOURCE: &str = "semblante";

#[derive(Clone)]
pub struct Events {
    client: Client,
    resources: Arc<Resources>,
}

impl Events {
    pub fn new(clients: &Clients, resources: &Arc<Resources>) -> Self {
        Events { client: clients.eventbridge.clone(), resources: resources.clone() }
    }
}

#[async_trait]
impl ports::Events for Events {
    async fn publish(&self, event: &DomainEvent) -> Result<(), PortError> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.resources.event_bus)
            .source(SOURCE)
            .detail_type(event.kind.as_str())
            .detail(serde_json::to_string(event).map_err(unreadable)?)
            .time(DateTime::from_millis(event.at.as_millisecond()))
            .build();
        let answer = self
            .client
            .put_events()
            .entries(entry)
            .send()
            .await
            .map_err(|error| error::port("events:PutEvents", error))?;
        // The call succeeds even if an entry was refused.
        if answer.failed_entry_count() == 0 {
            return Ok(());
        }
        let code = answer.entries().iter().find_map(|entry| entry.error_code()).unwrap_or("no code");
        Err(PortError::new(PortErrorKind::Busy, format!("events:PutEvents: refused: {code}")))
    }
}
