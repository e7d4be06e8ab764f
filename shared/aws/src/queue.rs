//! Queues in SQS. Message groups make them fair queues: a group with many messages waits longer than the others.

use crate::clients::Clients;
use crate::clock::from_ms;
use crate::error::{self, unreadable};
use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName,
    QueueAttributeName, SendMessageBatchRequestEntry,
};
use domain::QueueName;
use domain::ports::queue::{Delivery, Depth, MAX_BATCH, MAX_BODY_BYTES, MAX_DELAY, NewMessage, Receipt};
use domain::ports::{self, PortError, PortErrorKind};
use settings::Resources;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// SQS's longest long poll.
const MAX_WAIT: Duration = Duration::from_secs(20);
/// SQS's longest visibility timeout.
const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 3600);
/// Codes of a receipt that is stale.
const STALE: [&str; 4] = [
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "MessageNotInflight",
    "ReceiptHandleIsInvalid",
];

#[derive(Clone)]
pub struct Queue {
    client: Client,
    resources: Arc<Resources>,
}

impl Queue {
    pub fn new(clients: &Clients, resources: &Arc<Resources>) -> Self {
        Queue { client: clients.sqs.clone(), resources: resources.clone() }
    }

    async fn receive_once(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
        wait: Duration,
    ) -> Result<Vec<Delivery>, PortError> {
        let received = self
            .client
            .receive_message()
            .queue_url(self.resources.queue_url(queue))
            .max_number_of_messages(i32::try_from(most.clamp(1, MAX_BATCH)).unwrap_or(1))
            .visibility_timeout(whole_seconds(visibility.min(MAX_VISIBILITY)))
            .wait_time_seconds(whole_seconds(wait.min(MAX_WAIT)))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(|error| error::port(format!("sqs:ReceiveMessage {queue}"), error))?;
        received.messages.unwrap_or_default().into_iter().map(delivery).collect()
    }

    async fn send_batch(
        &self,
        queue: QueueName,
        batch: Vec<SendMessageBatchRequestEntry>,
    ) -> Result<(), PortError> {
        let answer = self
            .client
            .send_message_batch()
            .queue_url(self.resources.queue_url(queue))
            .set_entries(Some(batch))
            .send()
            .await
            .map_err(|error| error::port(format!("sqs:SendMessageBatch {queue}"), error))?;
        answer.failed().first().map_or(Ok(()), |failed| Err(refused("sqs:SendMessageBatch", queue, failed)))
    }
}

/// Rounded up: SQS counts whole seconds.
fn whole_seconds(duration: Duration) -> i32 {
    let up = u64::from(duration.subsec_nanos() > 0);
    i32::try_from(duration.as_secs() + up).unwrap_or(i32::MAX)
}

fn delivery(message: Message) -> Result<Delivery, PortError> {
    let number = |name: MessageSystemAttributeName| -> Option<i64> {
        message.attributes.as_ref()?.get(&name)?.parse().ok()
    };
    let missing = |what: &str| unreadable(format!("a message without {what}"));
    let receive_count = number(MessageSystemAttributeName::ApproximateReceiveCount);
    let sent_ms = number(MessageSystemAttributeName::SentTimestamp);
    Ok(Delivery {
        receive_count: receive_count
            .and_then(|count| u32::try_from(count).ok())
            .ok_or_else(|| missing("a receive count"))?,
        sent_at: from_ms(sent_ms.ok_or_else(|| missing("the moment it was sent"))?),
        message_id: message.message_id.ok_or_else(|| missing("an id"))?,
        receipt: Receipt(message.receipt_handle.ok_or_else(|| missing("a receipt"))?),
        body: message.body.ok_or_else(|| missing("a body"))?,
    })
}

fn refused(call: &str, queue: QueueName, entry: &BatchResultErrorEntry) -> PortError {
    let why = entry.message().unwrap_or("no message");
    let kind = if entry.sender_fault() { PortErrorKind::Denied } else { PortErrorKind::Busy };
    PortError::new(kind, format!("{call} {queue}: {}: {why}", entry.code()))
}

/// Errors: `Denied`, over a limit.
fn check(messages: &[NewMessage]) -> Result<(), PortError> {
    if messages.len() > MAX_BATCH {
        return Err(PortError::denied(format!("{} messages; the limit is {MAX_BATCH}", messages.len())));
    }
    for message in messages {
        if message.body.len() > MAX_BODY_BYTES {
            return Err(PortError::denied(format!(
                "a body of {} bytes; the limit is {MAX_BODY_BYTES}",
                message.body.len()
            )));
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

/// The messages in batches whose bodies are together within the limit, which holds for a call as for a body.
fn batches(messages: Vec<NewMessage>) -> Vec<Vec<NewMessage>> {
    let mut batches: Vec<Vec<NewMessage>> = Vec::new();
    let mut room = 0;
    for message in messages {
        match batches.last_mut() {
            Some(batch) if message.body.len() <= room => {
                room -= message.body.len();
                batch.push(message);
            }
            _ => {
                room = MAX_BODY_BYTES - message.body.len();
                batches.push(vec![message]);
            }
        }
    }
    batches
}

fn entry((number, message): (usize, NewMessage)) -> Result<SendMessageBatchRequestEntry, PortError> {
    SendMessageBatchRequestEntry::builder()
        .id(number.to_string())
        .message_body(message.body)
        .set_message_group_id(message.group.map(|group| group.as_str().to_owned()))
        .delay_seconds(whole_seconds(message.delay))
        .build()
        .map_err(unreadable)
}

#[async_trait]
impl ports::Queue for Queue {
    async fn send(&self, queue: QueueName, messages: Vec<NewMessage>) -> Result<(), PortError> {
        check(&messages)?;
        for batch in batches(messages) {
            let entries = batch.into_iter().enumerate().map(entry).collect::<Result<_, _>>()?;
            self.send_batch(queue, entries).await?;
        }
        Ok(())
    }

    async fn receive(
        &self,
        queue: QueueName,
        most: usize,
        visibility: Duration,
        wait: Duration,
    ) -> Result<Vec<Delivery>, PortError> {
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let received = self.receive_once(queue, most, visibility, left).await?;
            if !received.is_empty() || left <= MAX_WAIT {
                return Ok(received);
            }
        }
    }

    async fn acknowledge(&self, queue: QueueName, receipts: &[Receipt]) -> Result<(), PortError> {
        for batch in receipts.chunks(MAX_BATCH) {
            let entries = batch.iter().enumerate().map(|(number, receipt)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(number.to_string());
                entry.receipt_handle(&receipt.0).build().map_err(unreadable)
            });
            let answer = self
                .client
                .delete_message_batch()
                .queue_url(self.resources.queue_url(queue))
                .set_entries(Some(entries.collect::<Result<_, _>>()?))
                .send()
                .await
                .map_err(|error| error::port(format!("sqs:DeleteMessageBatch {queue}"), error))?;
            // A stale receipt deletes nothing, as the port requires.
            if let Some(failed) = answer.failed().iter().find(|failed| !STALE.contains(&failed.code())) {
                return Err(refused("sqs:DeleteMessageBatch", queue, failed));
            }
        }
        Ok(())
    }

    async fn extend(
        &self,
        queue: QueueName,
        receipt: &Receipt,
        visibility: Duration,
    ) -> Result<(), PortError> {
        let moved = self
            .client
            .change_message_visibility()
            .queue_url(self.resources.queue_url(queue))
            .receipt_handle(&receipt.0)
            .visibility_timeout(whole_seconds(visibility.min(MAX_VISIBILITY)))
            .send()
            .await;
        match moved {
            Ok(_) => Ok(()),
            Err(error) if error::code(&error).is_some_and(|code| STALE.contains(&code)) => {
                Err(PortError::not_found("the receipt is stale"))
            }
            Err(error) => Err(error::port(format!("sqs:ChangeMessageVisibility {queue}"), error)),
        }
    }

    async fn depth(&self, queue: QueueName) -> Result<Depth, PortError> {
        let (visible, hidden, delayed) = (
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        );
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(self.resources.queue_url(queue))
            .set_attribute_names(Some(vec![visible.clone(), hidden.clone(), delayed.clone()]))
            .send()
            .await
            .map_err(|error| error::port(format!("sqs:GetQueueAttributes {queue}"), error))?;
        let count = |name: &QueueAttributeName| -> Result<u64, PortError> {
            let value = answer.attributes().and_then(|all| all.get(name));
            value.ok_or_else(|| unreadable(format!("{queue} has no {name}")))?.parse().map_err(unreadable)
        };
        // The age of the oldest message is known to CloudWatch only, minutes later.
        Ok(Depth { visible: count(&visible)?, hidden: count(&hidden)? + count(&delayed)?, oldest: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_stay_within_the_limit() {
        let of = |sizes: &[usize]| -> Vec<Vec<usize>> {
            let messages = sizes.iter().map(|size| NewMessage::new("x".repeat(*size), None)).collect();
            let batches = batches(messages);
            batches.iter().map(|batch| batch.iter().map(|message| message.body.len()).collect()).collect()
        };
        const MOST: usize = MAX_BODY_BYTES;
        assert_eq!(of(&[]), Vec::<Vec<usize>>::new());
        assert_eq!(of(&[1, 2, 3]), [vec![1, 2, 3]]);
        assert_eq!(of(&[1, MOST, 1]), [vec![1], vec![MOST], vec![1]]);
        assert_eq!(of(&[MOST - 1, 1, 1]), [vec![MOST - 1, 1], vec![1]]);
    }

    #[test]
    fn parts_of_seconds_are_rounded_up() {
        for (ms, seconds) in [(0, 0), (1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_seconds(Duration::from_millis(ms)), seconds, "{ms} ms");
        }
    }
}
