//! The contract of [`crate::ports::Events`].

use crate::domain_event::{DomainEvent, DomainEventKind};
use crate::fixture::{now, owner, upload_id};
use crate::ports::Events;
use crate::status::EndState;

/// The event that the suite publishes, for the backend's test to find.
pub fn sample() -> DomainEvent {
    DomainEvent::new(
        DomainEventKind::Closed { state: EndState::Complete },
        owner().0,
        (upload_id(1), 1),
        now(),
    )
}

/// Publishing again is no error.
pub async fn publishes_at_least_once(events: &dyn Events) {
    for _ in 0..2 {
        events.publish(&sample()).await.expect("publishing works");
    }
}
