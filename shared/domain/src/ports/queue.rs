//! Queues with visibility timeouts, as SQS has them.

use super::error::PortError;
use crate::owner::TenantId;
use crate::queue_name::QueueName;
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;

/// The most bytes a message body may have: SQS's 1 MiB.
pub const MAX_BODY_BYTES: usize = 1 << 20;
/// The longest delay and the most messages of one call, as in SQS.
pub const MAX_DELAY: Duration = Duration::from_secs(900);
/// The most messages of one call, as in SQS.
pub const MAX_BATCH: usize = 10;

/// Messages of one group wait for each other's turn, never for other groups'.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageGroup(String);

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// At most [`MAX_BODY_BYTES`].
    pub body: String,
    /// Whose turn it takes; None: the turn of messages without a group.
    pub group: Option<MessageGroup>,
    /// How long it stays hidden, at most [`MAX_DELAY`].
    pub delay: Duration,
}

/// Names one delivery of one message; the next delivery of the same message has another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Receipt(pub String);

/// A delivered message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The same at every delivery.
    pub message_id: String,
    /// For [`Queue::acknowledge`] and [`Queue::extend`].
    pub receipt: Receipt,
    /// What was sent.
    pub body: String,
    /// 1 at the first delivery.
    pub receive_count: u32,
    /// When it was sent.
    pub sent_at: Timestamp,
}

/// How full a queue is. On AWS an approximation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that can be received now.
    pub visible: u64,
    /// Messages that are delivered and not acknowledged, or delayed.
    pub hidden: u64,
    /// Age of the oldest message; None where there is none, or where the backend does not know (SQS).
    pub oldest: Option<Duration>,
}

impl MessageGroup {
    /// Live messages of a tenant.
    pub fn live(tenant: &TenantId) -> Self {
        MessageGroup(tenant.to_string())
    }

    /// Replays of a tenant: live messages of all tenants go first.
    pub fn replay(tenant: &TenantId) -> Self {
        MessageGroup(format!("{tenant}{}", Self::REPLAY))
    }

    /// Live messages or replays of a tenant.
    pub fn of(tenant: &TenantId, replay: bool) -> Self {
        match replay {
            true => MessageGroup::replay(tenant),
            false => MessageGroup::live(tenant),
        }
    }

    const REPLAY: &'static str = ":replay";

    /// A group by its name.
    pub fn new(name: impl Into<String>) -> Self {
        MessageGroup(name.into())
    }

    /// Its name: SQS's `MessageGroupId`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its messages let live ones pass.
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
/// delivery there), or the queue's retention passes. Groups take turns, so a busy tenant does not starve another.
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
    /// stale, or the message is not hidden any more: somebody else may have it.
    async fn extend(
        &self,
        queue: QueueName,
        receipt: &Receipt,
        visibility: Duration,
    ) -> Result<(), PortError>;

    /// How full the queue is.
    async fn depth(&self, queue: QueueName) -> Result<Depth, PortError>;
}
