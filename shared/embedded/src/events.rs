//! Events out, as rows that readers take in order.

use crate::clock::to_ms;
use crate::error::{sql, unreadable};
use crate::store::Store;
use crate::writer::WriteTxn;
use async_trait::async_trait;
use domain::DomainEvent;
use domain::ports::{self, PortError};

/// How long an event is kept: as long as an ended execution.
const RETENTION_MS: i64 = 90 * 86_400_000;
/// The most old events that one publication deletes: more than it adds.
const MAX_DELETED: i64 = 4;

#[derive(Clone)]
pub struct Events {
    store: Store,
}

impl Events {
    pub fn new(store: &Store) -> Self {
        Events { store: store.clone() }
    }

    /// The newest events, newest first, at most `most` (1 to 1000). A repeat of an event is one row.
    pub async fn newest(&self, most: usize) -> Result<Vec<DomainEvent>, PortError> {
        let most = most.clamp(1, 1000);
        self.store
            .read(move |connection| {
                let mut select = connection
                    .prepare_cached("SELECT event FROM domain_event ORDER BY at DESC LIMIT ?1")
                    .map_err(sql)?;
                let rows = select.query_map([most], |row| row.get::<_, String>(0)).map_err(sql)?;
                rows.map(|json| serde_json::from_str(&json.map_err(sql)?).map_err(unreadable)).collect()
            })
            .await
    }
}

/// Deletes some of the events that are older than [`RETENTION_MS`] at `now_ms`.
fn delete_old(txn: &WriteTxn<'_>, now_ms: i64) -> Result<(), PortError> {
    txn.connection
        .prepare_cached(
            "DELETE FROM domain_event WHERE id IN
             (SELECT id FROM domain_event WHERE at < ?1 ORDER BY at LIMIT ?2)",
        )
        .and_then(|mut delete| delete.execute((now_ms - RETENTION_MS, MAX_DELETED)))
        .map(drop)
        .map_err(sql)
}

#[async_trait]
impl ports::Events for Events {
    async fn publish(&self, event: &DomainEvent) -> Result<(), PortError> {
        let json = serde_json::to_string(event).map_err(unreadable)?;
        let (id, at) = (event.id.to_string(), to_ms(event.at));
        self.store
            .write(move |txn| {
                txn.connection
                    .prepare_cached("INSERT OR IGNORE INTO domain_event VALUES (?1, ?2, ?3)")
                    .and_then(|mut insert| insert.execute((id, at, json)))
                    .map_err(sql)?;
                delete_old(txn, at)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Options;
    use domain::domain_event::DomainEventKind;
    use domain::fixture::{later, owner, upload_id};
    use domain::ports::Events as _;

    #[tokio::test]
    async fn old_events_go_with_later_ones() {
        let root = tempfile::tempdir().unwrap();
        let events = Events::new(&Store::open(root.path(), Options::default()).unwrap());
        let event =
            |number, at| DomainEvent::new(DomainEventKind::Erased, owner().0, (upload_id(number), 0), at);
        events.publish(&event(1, later(0))).await.unwrap();
        events.publish(&event(2, later(90 * 86_400))).await.unwrap();
        assert_eq!(events.newest(10).await.unwrap().len(), 2);
        events.publish(&event(3, later(90 * 86_400 + 1))).await.unwrap();
        let left: Vec<_> = events.newest(10).await.unwrap().iter().map(|event| event.upload_id).collect();
        assert_eq!(left, [upload_id(3), upload_id(2)]);
    }
}
