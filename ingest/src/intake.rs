//! Reads queue `uploads`: events of the object store, ends of executions, orders to begin and to erase. Only intake begins attempts.
//! Every step may repeat, in any order; nothing here counts on an event coming once, or at all in time.

use crate::attempt;
use crate::erasure;
use crate::objects;
use async_trait::async_trait;
use domain::Ports;
use domain::dead_letter::DeadLetter;
use domain::ports::PortError;
use domain::ports::queue::Delivery;
use domain::{Code, Handler, IntakeMessage, QueueName, TenantId, UploadId, Verdict};
use std::time::Duration;

/// How long a message stays away after a failure of ours, times its receive count.
const AFTER_A_FAILURE: Duration = Duration::from_secs(5);

/// Handles the messages of queue `uploads`.
pub struct Intake {
    ports: Ports,
    /// The name by which events call the bucket of uploads.
    bucket: String,
}

impl Intake {
    /// `bucket` is the name by which events call the bucket of uploads.
    pub fn new(ports: Ports, bucket: impl Into<String>) -> Self {
        Intake { ports, bucket: bucket.into() }
    }

    async fn take(&self, delivery: &Delivery) -> Result<(), PortError> {
        let arrival = match IntakeMessage::parse(&delivery.body) {
            Ok(arrival) => arrival,
            Err(error) => {
                tracing::error!(message.id = delivery.message_id, error = %error, "an arrival that nobody can read");
                return self.bury(delivery, "invalid_message", None).await;
            }
        };
        match arrival {
            IntakeMessage::Objects { created, illegible } => {
                if illegible > 0 {
                    tracing::warn!(
                        message.id = delivery.message_id,
                        illegible,
                        "records that are no creation"
                    );
                }
                for object in &created {
                    objects::take(&self.ports, &self.bucket, object).await?;
                }
                Ok(())
            }
            IntakeMessage::Begin(begin) => match attempt::begin(&self.ports, &begin).await? {
                attempt::Begun::UnknownUpload => {
                    let about = (begin.tenant_id, begin.upload_id);
                    self.bury(delivery, "unknown_upload", Some(about)).await
                }
                attempt::Begun::Yes | attempt::Begun::No => Ok(()),
            },
            IntakeMessage::Erase(order) => erasure::pass(&self.ports, &order).await,
            IntakeMessage::ExecutionEnded { name, status, input } => {
                attempt::execution_ended(&self.ports, &name, status, input.as_ref()).await
            }
            IntakeMessage::Ignored(what) => {
                tracing::debug!(message.id = delivery.message_id, what, "ignored");
                Ok(())
            }
        }
    }

    async fn bury(
        &self,
        delivery: &Delivery,
        code: &str,
        about: Option<(TenantId, UploadId)>,
    ) -> Result<(), PortError> {
        let (tenant_id, upload_id) = about.unzip();
        let code = Code::parse(code).expect("intake's codes are lower-case words");
        let letter = DeadLetter {
            id: DeadLetter::id_of(QueueName::UPLOADS, &delivery.message_id),
            queue: QueueName::UPLOADS,
            stage: None,
            tenant_id,
            upload_id,
            attempt: None,
            receive_count: delivery.receive_count,
            code: code.clone(),
            first_seen: self.ports.clock.now(),
            body: DeadLetter::cut(&delivery.body),
        };
        self.ports.dead_letters.put(letter).await?;
        self.ports.meter.dead_lettered(QueueName::UPLOADS, &code);
        Ok(())
    }
}

#[async_trait]
impl Handler for Intake {
    async fn handle(&self, delivery: &Delivery) -> Verdict {
        let Err(error) = self.take(delivery).await else { return Verdict::Acknowledge };
        let receive_count = delivery.receive_count;
        tracing::warn!(message.id = delivery.message_id, receive_count, error = %error, "an arrival could not be taken");
        let away = AFTER_A_FAILURE * receive_count.min(60);
        if let Err(error) = self.ports.queue.extend(QueueName::UPLOADS, &delivery.receipt, away).await {
            tracing::debug!(error = %error, "its visibility could not be moved; it comes again when that ends");
        }
        Verdict::Leave
    }
}
