//! Counts of attempts in SQLite.

use crate::clock::{from_ms, to_ms};
use crate::error::sql;
use crate::store::Store;
use crate::writer::WriteTxn;
use async_trait::async_trait;
use domain::Timestamp;
use domain::ports::throttle::{Rule, Tally, ThrottleKey, Wait};
use domain::ports::{self, PortError};
use rusqlite::{Connection, OptionalExtension};

/// The expired counts that each new one deletes: more than it adds.
const MAX_DELETED: i64 = 4;

#[derive(Clone)]
pub struct Throttle {
    store: Store,
}

impl Throttle {
    pub fn new(store: &Store) -> Self {
        Throttle { store: store.clone() }
    }
}

fn tally(connection: &Connection, key: ThrottleKey) -> Result<Option<Tally>, PortError> {
    connection
        .prepare_cached("SELECT count, not_before, expires_at FROM throttle WHERE key = ?1")
        .and_then(|mut select| {
            let read = |row: &rusqlite::Row<'_>| {
                Ok(Tally {
                    count: row.get(0)?,
                    not_before: from_ms(row.get(1)?),
                    expires_at: from_ms(row.get(2)?),
                })
            };
            select.query_row([key.0.bytes()], read).optional()
        })
        .map_err(sql)
}

fn put(txn: &WriteTxn<'_>, key: ThrottleKey, tally: Tally) -> Result<(), PortError> {
    txn.connection
        .prepare_cached("INSERT OR REPLACE INTO throttle VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut replace| {
            let (not_before, expires_at) = (to_ms(tally.not_before), to_ms(tally.expires_at));
            replace.execute((key.0.bytes(), tally.count, not_before, expires_at))
        })
        .map(drop)
        .map_err(sql)
}

fn delete_expired(txn: &WriteTxn<'_>, now: Timestamp) -> Result<(), PortError> {
    txn.connection
        .prepare_cached(
            "DELETE FROM throttle WHERE key IN
                 (SELECT key FROM throttle WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
        )
        .and_then(|mut delete| delete.execute((to_ms(now), MAX_DELETED)))
        .map(drop)
        .map_err(sql)
}

#[async_trait]
impl ports::Throttle for Throttle {
    async fn take(
        &self,
        key: ThrottleKey,
        rule: &Rule,
        now: Timestamp,
    ) -> Result<Result<(), Wait>, PortError> {
        let rule = *rule;
        self.store
            .write(move |txn| match rule.take(tally(txn.connection, key)?, now) {
                Err(wait) => Ok(Err(wait)),
                Ok(next) => {
                    delete_expired(txn, now)?;
                    put(txn, key, next).map(Ok)
                }
            })
            .await
    }

    async fn count(&self, key: ThrottleKey, now: Timestamp) -> Result<u32, PortError> {
        let tally = self.store.read(move |connection| tally(connection, key)).await?;
        Ok(tally.filter(|tally| now < tally.expires_at).map_or(0, |tally| tally.count))
    }

    async fn forgive(&self, key: ThrottleKey) -> Result<(), PortError> {
        self.store
            .write(move |txn| {
                txn.connection
                    .prepare_cached("DELETE FROM throttle WHERE key = ?1")
                    .and_then(|mut delete| delete.execute([key.0.bytes()]))
                    .map(drop)
                    .map_err(sql)
            })
            .await
    }
}
