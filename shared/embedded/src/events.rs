//! Events out on one machine: rows that whoever is interested reads in order.

use crate::clock::to_ms;
use crate::error::{sql, unreadable};
use crate::store::Store;
use async_trait::async_trait;
use domain::DomainEvent;
use domain::ports::{self, PortError};

/// The events of a data directory.
#[derive(Clone)]
pub struct Events {
    store: Store,
}

impl Events {
    /// The events of `store`.
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

#[async_trait]
impl ports::Events for Events {
    async fn publish(&self, event: &DomainEvent) -> Result<(), PortError> {
        let json = serde_json::to_string(event).map_err(unreadable)?;
        let (id, at) = (event.id.to_string(), to_ms(event.at));
        self.store
            .write(move |turn| {
                turn.connection
                    .prepare_cached("INSERT OR IGNORE INTO domain_event VALUES (?1, ?2, ?3)")
                    .and_then(|mut insert| insert.execute((id, at, json)))
                    .map(drop)
                    .map_err(sql)
            })
            .await
    }
}
