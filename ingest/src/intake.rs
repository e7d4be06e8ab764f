//! Handles queue `uploads`: events of the object store, ends of executions, orders to begin and to erase. Only intake begins
//! attempts. Each message may be repeated, late or out of order.

use crate::acceptance;
use async_trait::async_trait;
use domain::handler::Body;
use domain::ports::PortError;
use domain::{Code, Handler, IntakeMessage, Message, Ports, Verdict};
use lifecycle::{Backoff, Begun, dead_letter, erasure, user_erasure};
use std::time::Duration;

/// With the queue's limit of receives, three hours.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(5), max: Duration::from_secs(900) };

/// Handles the messages of queue `uploads`.
pub struct Intake {
    ports: Ports,
    bucket: String,
}

impl Intake {
    /// `bucket` is the name of the upload bucket in events.
    pub fn new(ports: Ports, bucket: impl Into<String>) -> Self {
        Intake { ports, bucket: bucket.into() }
    }

    async fn take(&self, message: &Message) -> Result<(), PortError> {
        let ports = &self.ports;
        match &message.body {
            Body::Intake(IntakeMessage::Objects { created, illegible }) => {
                if *illegible > 0 {
                    tracing::warn!(illegible, "event has records that are not creations");
                }
                for object in created {
                    acceptance::accept(ports, &self.bucket, object).await?;
                }
                Ok(())
            }
            Body::Intake(IntakeMessage::Begin(begin)) => match lifecycle::begin(ports, begin).await? {
                Begun::Started | Begun::Refused => Ok(()),
                Begun::UnknownUpload => {
                    self.bury(message, "unknown_upload", "the upload does not exist").await
                }
            },
            Body::Intake(IntakeMessage::Erase(order)) => erasure::pass(ports, order).await,
            Body::Intake(IntakeMessage::EraseUser(order)) => user_erasure::pass(ports, order).await,
            Body::Intake(IntakeMessage::ExecutionEnded { name, status, input }) => {
                lifecycle::execution_ended(ports, name, *status, input.as_ref()).await
            }
            Body::Intake(IntakeMessage::Ignored(kind)) => {
                tracing::debug!(kind, "event ignored");
                Ok(())
            }
            Body::Malformed(reason) => self.bury(message, "invalid_message", reason).await,
            Body::Task(_) => self.bury(message, "invalid_message", "intake takes no stage tasks").await,
        }
    }

    async fn bury(&self, message: &Message, code: &'static str, reason: &str) -> Result<(), PortError> {
        dead_letter::write(&self.ports, message, Code::fixed(code), reason).await
    }
}

#[async_trait]
impl Handler for Intake {
    async fn handle(&self, message: &Message) -> Verdict {
        let Err(error) = self.take(message).await else { return Verdict::Acknowledge };
        let delivery = &message.delivery;
        tracing::warn!(message.id = delivery.message_id, %error, "intake message not handled; it is delivered again");
        let hidden = BACKOFF.delay(delivery.receive_count);
        if let Err(error) = self.ports.queue.extend(message.queue, &delivery.receipt, hidden).await {
            tracing::debug!(%error, "visibility timeout of an intake message not changed");
        }
        Verdict::Leave
    }
}
