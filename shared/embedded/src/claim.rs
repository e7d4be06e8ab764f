//! Claims: which messages a receiver gets, and which go to the dead letters, or are dropped, on the way to them.

use crate::clock::{after, from_ms};
use crate::error::sql;
use crate::queue::Policy;
use crate::wake::Wake;
use crate::writer::Turn;
use domain::QueueName;
use domain::ports::PortError;
use domain::ports::queue::{Delivery, Receipt};
use rusqlite::{OptionalExtension, Row};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Hidden messages that one claim makes ready at most; the rest follow with the next one.
const MAX_PROMOTED: i64 = 256;
/// Messages that one claim moves or drops at most on its way to one that it may deliver.
const MAX_PASSED: usize = 256;

/// Whose turn is next, per queue: claims go round robin over groups, in the groups' order by name.
pub(crate) struct Turns {
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

/// What one receive asks for.
pub(crate) struct Claim {
    pub(crate) queue: QueueName,
    /// Messages at most.
    pub(crate) most: usize,
    /// When what it gets becomes visible again.
    pub(crate) visible_at: i64,
    /// Names the process.
    pub(crate) boot: i64,
}

impl Turns {
    pub(crate) fn new(policy: Policy) -> Self {
        Turns { policy, last_group: Mutex::default(), deliveries: AtomicI64::new(0) }
    }

    /// Delivers up to as many messages as are asked for.
    pub(crate) fn claim(&self, turn: &mut Turn<'_>, claim: &Claim) -> Result<Vec<Delivery>, PortError> {
        promote(turn, claim.queue).map_err(sql)?;
        let mut deliveries = Vec::new();
        let mut passed = 0;
        while deliveries.len() < claim.most && passed < MAX_PASSED {
            let Some(next) = self.next(turn, claim.queue).map_err(sql)? else { break };
            if self.pass(turn, claim.queue, &next).map_err(sql)? {
                passed += 1;
            } else {
                deliveries.push(self.deliver(turn, claim, next).map_err(sql)?);
            }
        }
        match deliveries.is_empty() {
            true => {
                let next = earliest_hidden(turn, claim.queue).map_err(sql)?;
                turn.wakes.push(Wake::NextIs(claim.queue, next));
            }
            false => turn.wakes.push(Wake::VisibleAt(claim.queue, claim.visible_at)),
        }
        Ok(deliveries)
    }

    /// The next message in turn: of the group after the last one served, live ones before replays.
    fn next(&self, turn: &Turn<'_>, queue: QueueName) -> Result<Option<Candidate>, rusqlite::Error> {
        const COLUMNS: &str = "SELECT id, message_group, receive_count, sent_at FROM message
             WHERE queue = ?1 AND ready = 1 AND replay = ?2";
        let mut last = self.last_group.lock().unwrap_or_else(PoisonError::into_inner);
        for replay in [false, true] {
            let served = last.entry((queue, replay)).or_default();
            let behind = turn
                .connection
                .prepare_cached(&format!(
                    "{COLUMNS} AND message_group > ?3 ORDER BY message_group, id LIMIT 1"
                ))?
                .query_row((queue.as_str(), replay, &*served), Candidate::read)
                .optional()?;
            let found = match behind {
                Some(candidate) => Some(candidate),
                None => turn
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

    /// Drops a message that is too old, moves one that was received too often; tells whether it did either.
    fn pass(&self, turn: &mut Turn<'_>, queue: QueueName, next: &Candidate) -> Result<bool, rusqlite::Error> {
        let dead = queue.is_for_dead_letters();
        let retention = if dead { self.policy.dead_letter_retention } else { self.policy.retention };
        if from_ms(turn.now_ms) > after(from_ms(next.sent_at), retention) {
            tracing::warn!(queue = %queue, message.id = next.id, "a message outlived its retention and was dropped");
            turn.connection.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([next.id])?;
            return Ok(true);
        }
        if dead || next.receive_count < self.policy.max_receives {
            return Ok(false);
        }
        turn.connection
            .prepare_cached(
                "UPDATE message SET queue = ?2, receive_count = 0, boot = NULL, delivery = NULL WHERE id = ?1",
            )?
            .execute((next.id, queue.dead_letters().as_str()))?;
        turn.wakes.push(Wake::Visible(queue.dead_letters()));
        Ok(true)
    }

    fn deliver(&self, turn: &Turn<'_>, claim: &Claim, next: Candidate) -> Result<Delivery, rusqlite::Error> {
        let delivery = self.deliveries.fetch_add(1, Ordering::Relaxed);
        let body = turn
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

/// Makes hidden messages ready whose time has come.
fn promote(turn: &Turn<'_>, queue: QueueName) -> Result<(), rusqlite::Error> {
    turn.connection
        .prepare_cached(
            "UPDATE message SET ready = 1 WHERE id IN (
                 SELECT id FROM message WHERE queue = ?1 AND ready = 0 AND visible_at <= ?2
                 ORDER BY visible_at LIMIT ?3)",
        )?
        .execute((queue.as_str(), turn.now_ms, MAX_PROMOTED))?;
    Ok(())
}

fn earliest_hidden(turn: &Turn<'_>, queue: QueueName) -> Result<i64, rusqlite::Error> {
    let earliest = turn
        .connection
        .prepare_cached(
            "SELECT visible_at FROM message WHERE queue = ?1 AND ready = 0 ORDER BY visible_at LIMIT 1",
        )?
        .query_row([queue.as_str()], |row| row.get(0))
        .optional()?;
    Ok(earliest.unwrap_or(i64::MAX))
}
