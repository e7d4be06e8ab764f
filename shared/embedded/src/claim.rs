//! Claims: which messages a receiver gets, and which become dead letters or are dropped on the way.

use crate::clock::{after, from_ms};
use crate::error::sql;
use crate::wake::Wake;
use crate::writer::WriteTxn;
use domain::QueueName;
use domain::ports::PortError;
use domain::ports::queue::{Delivery, Receipt};
use domain::queue_name::STAGE_MAX_RECEIVES;
use rusqlite::{OptionalExtension, Row};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The most hidden messages that one claim makes ready; the rest follow with the next claim.
const MAX_PROMOTED: i64 = 256;
/// The most messages that one claim moves or drops before it finds one to deliver.
const MAX_SKIPPED: usize = 256;

/// Bounds of every queue.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Deliveries of a stage's message before it becomes a dead letter; see [`QueueName::max_receives`].
    pub max_receives: u32,
    /// How long a message is kept after it was sent.
    pub retention: Duration,
    pub dead_letter_retention: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        Policy { max_receives: STAGE_MAX_RECEIVES, retention: days(10), dead_letter_retention: days(14) }
    }
}

/// Fairness: the claims of a queue go round robin over its groups, in the order of their names.
pub(crate) struct GroupRotation {
    policy: Policy,
    last_group: Mutex<HashMap<(QueueName, bool), String>>,
    deliveries: AtomicI64,
}

struct Candidate {
    id: i64,
    group: String,
    receive_count: u32,
    sent_at: i64,
}

pub(crate) struct Claim {
    pub(crate) queue: QueueName,
    /// The most messages to deliver.
    pub(crate) most: usize,
    /// When they become visible again, in milliseconds.
    pub(crate) visible_at: i64,
    /// Identifies the process that receives.
    pub(crate) boot: i64,
}

impl GroupRotation {
    pub(crate) fn new(policy: Policy) -> Self {
        GroupRotation { policy, last_group: Mutex::default(), deliveries: AtomicI64::new(0) }
    }

    pub(crate) fn claim(&self, txn: &mut WriteTxn<'_>, claim: &Claim) -> Result<Vec<Delivery>, PortError> {
        promote(txn, claim.queue).map_err(sql)?;
        let mut deliveries = Vec::new();
        let mut skipped = 0;
        while deliveries.len() < claim.most && skipped < MAX_SKIPPED {
            let Some(next) = self.next(txn, claim.queue).map_err(sql)? else { break };
            if self.skip(txn, claim.queue, &next).map_err(sql)? {
                skipped += 1;
            } else {
                deliveries.push(self.deliver(txn, claim, next).map_err(sql)?);
            }
        }
        match deliveries.is_empty() {
            true => {
                let next = earliest_hidden(txn, claim.queue).map_err(sql)?;
                txn.wakes.push(Wake::NextIs(claim.queue, next));
            }
            false => txn.wakes.push(Wake::VisibleAt(claim.queue, claim.visible_at)),
        }
        Ok(deliveries)
    }

    /// The next message of the group behind the last one served; live messages before replays.
    fn next(&self, txn: &WriteTxn<'_>, queue: QueueName) -> Result<Option<Candidate>, rusqlite::Error> {
        const COLUMNS: &str = "SELECT id, message_group, receive_count, sent_at FROM message
             WHERE queue = ?1 AND ready = 1 AND replay = ?2";
        let mut last = self.last_group.lock().unwrap_or_else(PoisonError::into_inner);
        for replay in [false, true] {
            let served = last.entry((queue, replay)).or_default();
            let behind = txn
                .connection
                .prepare_cached(&format!(
                    "{COLUMNS} AND message_group > ?3 ORDER BY message_group, id LIMIT 1"
                ))?
                .query_row((queue.as_str(), replay, &*served), Candidate::read)
                .optional()?;
            let found = match behind {
                Some(candidate) => Some(candidate),
                None => txn
                    .connection
                    .prepare_cached(&format!("{COLUMNS} ORDER BY message_group, id LIMIT 1"))?
                    .query_row((queue.as_str(), replay), Candidate::read)
                    .optional()?,
            };
            if let Some(candidate) = found {
                served.clone_from(&candidate.group);
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// Drops a message beyond its retention, moves one with too many receives to the dead letters. True if it did either.
    fn skip(
        &self,
        txn: &mut WriteTxn<'_>,
        queue: QueueName,
        next: &Candidate,
    ) -> Result<bool, rusqlite::Error> {
        let dead = queue.is_for_dead_letters();
        let retention = if dead { self.policy.dead_letter_retention } else { self.policy.retention };
        if from_ms(txn.now_ms) > after(from_ms(next.sent_at), retention) {
            tracing::warn!(queue = %queue, message.id = next.id, "a message outlived its retention and was dropped");
            txn.connection.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([next.id])?;
            return Ok(true);
        }
        if dead || next.receive_count < queue.max_receives(self.policy.max_receives) {
            return Ok(false);
        }
        txn.connection
            .prepare_cached(
                "UPDATE message SET queue = ?2, receive_count = 0, boot = NULL, delivery = NULL WHERE id = ?1",
            )?
            .execute((next.id, queue.dead_letters().as_str()))?;
        txn.wakes.push(Wake::Visible(queue.dead_letters()));
        Ok(true)
    }

    fn deliver(
        &self,
        txn: &WriteTxn<'_>,
        claim: &Claim,
        next: Candidate,
    ) -> Result<Delivery, rusqlite::Error> {
        let delivery = self.deliveries.fetch_add(1, Ordering::Relaxed);
        let body = txn
            .connection
            .prepare_cached(
                "UPDATE message SET ready = 0, visible_at = ?2, receive_count = receive_count + 1, boot = ?3,
                     delivery = ?4 WHERE id = ?1 RETURNING body",
            )?
            .query_row((next.id, claim.visible_at, claim.boot, delivery), |row| row.get(0))?;
        Ok(Delivery {
            message_id: next.id.to_string(),
            receipt: Receipt(format!("{}.{}.{delivery}", next.id, claim.boot)),
            body,
            receive_count: next.receive_count + 1,
            sent_at: from_ms(next.sent_at),
        })
    }
}

impl Candidate {
    fn read(row: &Row<'_>) -> Result<Self, rusqlite::Error> {
        Ok(Candidate {
            id: row.get(0)?,
            group: row.get(1)?,
            receive_count: row.get(2)?,
            sent_at: row.get(3)?,
        })
    }
}

/// Makes hidden messages ready whose visibility timeout or delay has passed.
fn promote(txn: &WriteTxn<'_>, queue: QueueName) -> Result<(), rusqlite::Error> {
    txn.connection
        .prepare_cached(
            "UPDATE message SET ready = 1 WHERE id IN (
                 SELECT id FROM message WHERE queue = ?1 AND ready = 0 AND visible_at <= ?2
                 ORDER BY visible_at LIMIT ?3)",
        )?
        .execute((queue.as_str(), txn.now_ms, MAX_PROMOTED))?;
    Ok(())
}

fn earliest_hidden(txn: &WriteTxn<'_>, queue: QueueName) -> Result<i64, rusqlite::Error> {
    let earliest = txn
        .connection
        .prepare_cached(
            "SELECT visible_at FROM message WHERE queue = ?1 AND ready = 0 ORDER BY visible_at LIMIT 1",
        )?
        .query_row([queue.as_str()], |row| row.get(0))
        .optional()?;
    Ok(earliest.unwrap_or(i64::MAX))
}
