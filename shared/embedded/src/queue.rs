//! Queues in SQLite. A message is ready or hidden; each kind has an index of its own, so the cost of a claim does not depend
//! on how many messages there are.

use crate::claim::{Claim, GroupRotation, Policy};
use crate::clock::{after, from_ms};
use crate::error::sql;
use crate::store::Store;
use crate::wake::Wake;
use crate::writer::WriteTxn;
use async_trait::async_trait;
use domain::QueueName;
use domain::ports::queue::{
    Delivery, Depth, MAX_BATCH, MAX_BODY_BYTES, MAX_DELAY, MessageGroup, NewMessage, Receipt,
};
use domain::ports::{self, PortError};
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;
use std::time::Duration;

/// The queues of a data directory.
#[derive(Clone)]
pub struct Queue {
    store: Store,
    rotation: Arc<GroupRotation>,
}

impl Queue {
    pub fn new(store: &Store, policy: Policy) -> Self {
        Queue { store: store.clone(), rotation: Arc::new(GroupRotation::new(policy)) }
    }
}

/// Sends a message as part of a command: it is committed with the rest of the command or not at all.
pub(crate) fn send_in(
    txn: &mut WriteTxn<'_>,
    queue: QueueName,
    message: &NewMessage,
) -> Result<(), PortError> {
    let delay_ms = i64::try_from(message.delay.as_millis()).unwrap_or(i64::MAX);
    let visible_at = txn.now_ms.saturating_add(delay_ms);
    let replay = message.group.as_ref().is_some_and(MessageGroup::is_replay);
    let group = message.group.as_ref().map_or("", MessageGroup::as_str);
    txn.connection
        .prepare_cached(
            "INSERT INTO message (queue, replay, message_group, ready, visible_at, sent_at, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )
        .and_then(|mut insert| {
            insert.execute((
                queue.as_str(),
                replay,
                group,
                delay_ms == 0,
                visible_at,
                txn.now_ms,
                &message.body,
            ))
        })
        .map_err(sql)?;
    txn.wakes.push(match delay_ms {
        0 => Wake::Visible(queue),
        _ => Wake::VisibleAt(queue, visible_at),
    });
    Ok(())
}

pub(crate) fn limits(messages: &[NewMessage]) -> Result<(), PortError> {
    if messages.len() > MAX_BATCH {
        return Err(PortError::denied(format!(
            "{} messages in one call; the limit is {MAX_BATCH}",
            messages.len()
        )));
    }
    for message in messages {
        if message.body.len() > MAX_BODY_BYTES {
            let size = message.body.len();
            return Err(PortError::denied(format!("a body of {size} bytes; the limit is {MAX_BODY_BYTES}")));
        }
        if message.delay > MAX_DELAY {
            return Err(PortError::denied(format!(
                "a delay of {:?}; the limit is {MAX_DELAY:?}",
                message.delay
            )));
        }
    }
    Ok(())
}

/// A receipt's message id, boot and delivery; None if this queue never issued it.
fn parts(receipt: &Receipt) -> Option<(i64, i64, i64)> {
    let mut parts = receipt.0.splitn(3, '.').map(str::parse);
    match (parts.next()?, parts.next()?, parts.next()?) {
        (Ok(id), Ok(boot), Ok(delivery)) => Some((id, boot, delivery)),
        _ => None,
    }
}

#[async_trait]
impl ports::Queue for Queue {
    async fn send(&self, queue: QueueName, messages: Vec<NewMessage>) -> Result<(), PortError> {
        limits(&messages)?;
        self.store
            .write(move |txn| messages.iter().try_for_each(|message| send_in(txn, queue, message)))
            .await
    }

    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
        wait: Duration,
    ) -> Result<Vec<Delivery>, PortError> {
        let clock = self.store.clock();
        let deadline = after(clock.now(), wait);
        let most = most.clamp(1, MAX_BATCH);
        loop {
            // Registered before the claim: messages sent while two receivers claim wake both receivers, not one of them.
            let mut woken = std::pin::pin!(self.store.board().message(queue));
            woken.as_mut().enable();
            let (rotation, boot) = (self.rotation.clone(), self.store.boot());
            let deliveries = self
                .store
                .write(move |txn| {
                    let visible_at = after(from_ms(txn.now_ms), visibility).as_millisecond();
                    let claim = Claim { queue, most, visible_at, boot };
                    rotation.claim(txn, &claim)
                })
                .await?;
            if !deliveries.is_empty() || clock.now() >= deadline {
                return Ok(deliveries);
            }
            let until = deadline.min(self.store.board().next_visible(queue));
            tokio::select! {
                () = woken => {}
                () = clock.sleep_until(until) => {}
            }
        }
    }

    async fn acknowledge(&self, _queue: QueueName, receipts: &[Receipt]) -> Result<(), PortError> {
        let receipts: Vec<_> = receipts.iter().filter_map(parts).collect();
        self.store
            .write(move |txn| {
                let mut delete = txn
                    .connection
                    .prepare_cached("DELETE FROM message WHERE id = ?1 AND boot = ?2 AND delivery = ?3")
                    .map_err(sql)?;
                receipts.into_iter().try_for_each(|parts| delete.execute(parts).map(drop).map_err(sql))
            })
            .await
    }

    async fn extend(
        &self,
        queue: QueueName,
        receipt: &Receipt,
        visibility: Duration,
    ) -> Result<(), PortError> {
        let stale = || PortError::not_found("the receipt is stale");
        let (id, boot, delivery) = parts(receipt).ok_or_else(stale)?;
        self.store
            .write(move |txn| {
                let visible_at = after(from_ms(txn.now_ms), visibility).as_millisecond();
                let hidden = visible_at > txn.now_ms;
                let changed = txn
                    .connection
                    .prepare_cached(
                        "UPDATE message SET visible_at = ?4, ready = ?5
                         WHERE id = ?1 AND boot = ?2 AND delivery = ?3 AND ready = 0 AND visible_at > ?6",
                    )
                    .and_then(|mut update| {
                        update.execute((id, boot, delivery, visible_at, !hidden, txn.now_ms))
                    })
                    .map_err(sql)?;
                if changed == 0 {
                    return Err(stale());
                }
                txn.wakes.push(if hidden {
                    Wake::VisibleAt(queue, visible_at)
                } else {
                    Wake::Visible(queue)
                });
                Ok(())
            })
            .await
    }

    async fn depth(&self, queue: QueueName) -> Result<Depth, PortError> {
        let now_ms = self.store.clock().now().as_millisecond();
        self.store.read(move |connection| depth(connection, queue, now_ms).map_err(sql)).await
    }
}

fn depth(connection: &Connection, queue: QueueName, now_ms: i64) -> Result<Depth, rusqlite::Error> {
    let counts = "SELECT
        (SELECT count(*) FROM message WHERE queue = ?1 AND ready = 1)
            + (SELECT count(*) FROM message WHERE queue = ?1 AND ready = 0 AND visible_at <= ?2),
        (SELECT count(*) FROM message WHERE queue = ?1 AND ready = 0 AND visible_at > ?2)";
    let (visible, hidden): (u64, u64) = connection
        .prepare_cached(counts)?
        .query_row((queue.as_str(), now_ms), |row| Ok((row.get(0)?, row.get(1)?)))?;
    if visible + hidden == 0 {
        return Ok(Depth::default());
    }
    // By id, which is the order of sending: `+` keeps SQLite from reading the whole queue through an index.
    let oldest: Option<i64> = connection
        .prepare_cached("SELECT sent_at FROM message WHERE +queue = ?1 ORDER BY id LIMIT 1")?
        .query_row([queue.as_str()], |row| row.get(0))
        .optional()?;
    // These are two reads: the messages that were counted may have been acknowledged in between.
    let Some(oldest) = oldest else { return Ok(Depth::default()) };
    let age = Duration::from_millis(u64::try_from(now_ms - oldest).unwrap_or(0));
    Ok(Depth { visible, hidden, oldest: Some(age) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use crate::store::Options;
    use domain::ports::Queue as _;

    /// The writer is blocked until two receivers and two messages wait for it, so that all four share a commit.
    #[tokio::test]
    async fn two_messages_wake_two_receivers() {
        let root = tempfile::tempdir().unwrap();
        let clock: Arc<dyn ports::Clock> = Arc::new(ManualClock::new(from_ms(0)));
        let store = Store::open(root.path(), Options { clock: Some(clock), ..Options::default() }).unwrap();
        let queue = Queue::new(&store, Policy::default());
        // Hidden for a shorter time than claimed messages: no claim brings the next visible moment forward, which would
        // wake all receivers.
        let delayed = NewMessage { delay: Duration::from_secs(1), ..NewMessage::new("later", None) };
        queue.send(QueueName::UPLOADS, vec![delayed]).await.unwrap();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let holding = store.write(move |_| wait.recv().map_err(PortError::broken));
        let receive = || async {
            let minute = Duration::from_secs(60);
            queue.receive(QueueName::UPLOADS, 1, minute, minute).await.unwrap().len()
        };
        let send = || queue.send(QueueName::UPLOADS, vec![NewMessage::new("a message", None)]);
        let releasing = async { go.send(()) };
        // The clock stands still: a receiver that is not woken waits for ever.
        let all = async { tokio::join!(holding, receive(), receive(), send(), send(), releasing) };
        let (_, first, second, ..) = tokio::time::timeout(Duration::from_secs(30), all).await.unwrap();
        assert_eq!((first, second), (1, 1));
    }
}
