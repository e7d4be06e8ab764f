//! Batches of messages: each message is decoded and handled alone, so that one can fail without the others.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::ports::queue::{Delivery, Receipt};
use domain::{Handler, Message, QueueName, Timestamp, Verdict};
use futures_util::future::join_all;
use lambda_runtime::LambdaEvent;
use lifecycle::span;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tracing::Instrument;

/// The part of a function's time that its messages do not get: it is for the answer.
const MARGIN: Duration = Duration::from_millis(1500);

/// Hands the messages of each queue to its handler.
#[derive(Clone)]
pub struct Batches {
    /// What stands before a queue's name in its ARN's last part.
    prefix: String,
    handlers: BTreeMap<QueueName, Arc<dyn Handler>>,
}

/// A record that SQS never sends.
#[derive(Debug, thiserror::Error)]
#[error("a record without {0}")]
pub struct NoMessage(&'static str);

impl Batches {
    /// `queue_url_prefix` is what stands before each queue's name in its URL.
    pub fn new(
        queue_url_prefix: &str,
        handlers: impl IntoIterator<Item = (QueueName, Arc<dyn Handler>)>,
    ) -> Self {
        let prefix = queue_url_prefix.rsplit('/').next().unwrap_or_default().to_owned();
        Batches { prefix, handlers: handlers.into_iter().collect() }
    }

    /// Settles a batch; the answer names the messages that SQS delivers again. Errors: a record without an id, which the
    /// answer cannot name, so the whole batch is delivered again.
    pub async fn settle(&self, event: LambdaEvent<SqsEvent>) -> Result<SqsBatchResponse, NoMessage> {
        let time = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let time = time.saturating_sub(MARGIN);
        let mut ids = Vec::new();
        for record in &event.payload.records {
            ids.push(record.message_id.clone().ok_or(NoMessage("an id"))?);
        }
        let verdicts = join_all(event.payload.records.into_iter().map(|record| self.one(record, time))).await;
        let mut response = SqsBatchResponse::default();
        for (id, verdict) in ids.into_iter().zip(verdicts) {
            if verdict == Verdict::Leave {
                response.add_failure(id);
            }
        }
        Ok(response)
    }

    /// Settles one message within the time that is left. One that runs out of time is delivered again.
    async fn one(&self, record: SqsMessage, time: Duration) -> Verdict {
        let queue = record.event_source_arn.as_deref().and_then(|arn| self.queue(arn));
        let Some((queue, handler)) = queue else {
            tracing::error!(arn = record.event_source_arn, "message of a queue that is not this function's");
            return Verdict::Leave;
        };
        let delivery = match delivery(record) {
            Ok(delivery) => delivery,
            Err(error) => {
                tracing::error!(%queue, %error, "malformed SQS message");
                return Verdict::Leave;
            }
        };
        let message = Message::decode(queue, delivery);
        let handled = async {
            tokio::time::timeout(time, handler.handle(&message)).await.unwrap_or_else(|_| {
                tracing::warn!("the function ran out of time; the message will be delivered again");
                Verdict::Leave
            })
        };
        handled.instrument(span::of_message(&message)).await
    }

    fn queue(&self, arn: &str) -> Option<(QueueName, &dyn Handler)> {
        let name = arn.rsplit(':').next()?.strip_prefix(&self.prefix)?;
        let (queue, handler) = self.handlers.get_key_value(&QueueName::parse(name).ok()?)?;
        Some((*queue, handler.as_ref()))
    }
}

fn delivery(record: SqsMessage) -> Result<Delivery, NoMessage> {
    let attribute = |name: &str| record.attributes.get(name).and_then(|value| value.parse::<i64>().ok());
    let receives = attribute("ApproximateReceiveCount").and_then(|count| u32::try_from(count).ok());
    let sent_at = attribute("SentTimestamp").and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Ok(Delivery {
        receive_count: receives.ok_or(NoMessage("a receive count"))?,
        sent_at: sent_at.ok_or(NoMessage("the moment it was sent"))?,
        message_id: record.message_id.ok_or(NoMessage("an id"))?,
        receipt: Receipt(record.receipt_handle.ok_or(NoMessage("a receipt"))?),
        // Its handler reports a message without a body as malformed.
        body: record.body.unwrap_or_default(),
    })
}
