//! Queues with visibility timeouts, as SQS has them.

use super::error::PortError;
use crate::owner::{TenantId, UserId};
use crate::queue_name::QueueName;
use crate::sha256::Sha256;
use crate::upload::Upload;
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;

/// The most bytes a message body may have: SQS's 1 MiB.
pub const MAX_BODY_BYTES: usize = 1 << 20;
/// The longest delay of a message, as in SQS.
pub const MAX_DELAY: Duration = Duration::from_secs(900);
/// The most bytes of a group's name, as in SQS.
pub const MAX_GROUP_BYTES: usize = 128;
/// The most messages of one call, as in SQS.
pub const MAX_BATCH: usize = 10;

/// A group of messages. Groups take turns, so a busy one does not delay the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageGroup(String);

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// At most [`MAX_BODY_BYTES`] of text.
    pub body: String,
    /// The group whose turn the message takes; None: that of messages without a group.
    pub group: Option<MessageGroup>,
    /// How long the message stays hidden, at most [`MAX_DELAY`].
    pub delay: Duration,
}

/// Identifies one delivery of one message; the next delivery of the same message has another receipt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receipt(pub String);

/// One delivery of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same at every delivery.
    pub message_id: String,
    /// For [`Queue::acknowledge`] and [`Queue::extend`].
    pub receipt: Receipt,
    /// The body as sent.
    pub body: String,
    /// 1 at the first delivery.
    pub receive_count: u32,
    /// The moment of the send.
    pub sent_at: Timestamp,
}

/// The number of messages in a queue. On AWS an approximation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that can be received now.
    pub visible: u64,
    /// Messages that are delivered and not acknowledged, or delayed.
    pub hidden: u64,
    /// Age of the oldest message; None without messages, or if the backend does not know it (SQS).
    pub oldest: Option<Duration>,
}

impl MessageGroup {
    /// The group of a user's live messages.
    pub fn live(tenant: &TenantId, user: &UserId) -> Self {
        let name = format!("{tenant}#{user}");
        if name.len() + Self::REPLAY.len() <= MAX_GROUP_BYTES {
            return MessageGroup(name);
        }
        let digest = Sha256::of(name.as_bytes()).to_string();
        MessageGroup(format!("{}#{}", &digest[..32], &digest[32..]))
    }

    /// The group of a user's replays: live messages of all users go first.
    pub fn replay(tenant: &TenantId, user: &UserId) -> Self {
        MessageGroup(MessageGroup::live(tenant, user).0 + Self::REPLAY)
    }

    /// The group of the messages of an upload's current attempt.
    pub fn of(upload: &Upload) -> Self {
        match upload.replay {
            true => MessageGroup::replay(&upload.tenant_id, &upload.user_id),
            false => MessageGroup::live(&upload.tenant_id, &upload.user_id),
        }
    }

    const REPLAY: &'static str = ":replay";

    /// A group by its name.
    pub fn new(name: impl Into<String>) -> Self {
        MessageGroup(name.into())
    }

    /// The name: SQS's `MessageGroupId`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether live messages go before it.
    pub fn is_replay(&self) -> bool {
        self.0.ends_with(Self::REPLAY)
    }
}

impl NewMessage {
    /// A message that is visible at once.
    pub fn new(body: impl Into<String>, group: Option<MessageGroup>) -> Self {
        NewMessage { body: body.into(), group, delay: Duration::ZERO }
    }
}

/// A set of queues with at-least-once delivery in no particular order.
///
/// A message that was sent is delivered again and again, hidden for the visibility timeout each time, until it is
/// acknowledged, its receive count exceeds the queue's limit (then it moves to the queue's dead letters, as a new first
/// delivery there), or the queue's retention passes. Groups take turns, so a busy user does not starve another.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends up to [`MAX_BATCH`] messages; once this returns they survive a crash. `Denied`: a body or delay over the
    /// limit, or too many; nothing was sent. Any other error: some may have been sent.
    async fn send(&self, queue: QueueName, messages: Vec<NewMessage>) -> Result<(), PortError>;

    /// Receives up to `most` messages (1 to [`MAX_BATCH`]) and hides them for `visibility`. Waits up to `wait` for the
    /// first one. Dropping the future loses no message for longer than `visibility`.
    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
        wait: Duration,
    ) -> Result<Vec<Delivery>, PortError>;

    /// Deletes delivered messages. A stale receipt (the message was delivered again since) deletes nothing and is no
    /// error.
    async fn acknowledge(&self, queue: QueueName, receipts: &[Receipt]) -> Result<(), PortError>;

    /// Hides a delivered message for `visibility` from now; zero makes it visible at once. `NotFound`: the receipt is
    /// stale, or the message is not hidden any more and may be in flight elsewhere.
    async fn extend(
        &self,
        queue: QueueName,
        receipt: &Receipt,
        visibility: Duration,
    ) -> Result<(), PortError>;

    /// The number of messages in the queue.
    async fn depth(&self, queue: QueueName) -> Result<Depth, PortError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_a_users_own_and_short_enough() {
        let ids = ["a", "b", &"x".repeat(64), &"y".repeat(63)];
        let mut names = Vec::new();
        for tenant in ids {
            for user in ids {
                let (tenant, user) = (TenantId::parse(tenant).unwrap(), UserId::parse(user).unwrap());
                for (group, is_replay) in [
                    (MessageGroup::live(&tenant, &user), false),
                    (MessageGroup::replay(&tenant, &user), true),
                ] {
                    assert!(group.as_str().len() <= MAX_GROUP_BYTES, "{group:?}");
                    assert_eq!(group.is_replay(), is_replay);
                    names.push(group.0);
                }
            }
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 2 * ids.len() * ids.len());
    }
}
