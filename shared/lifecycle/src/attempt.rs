//! Attempts are ordered from intake, which alone begins them and starts their executions.

use crate::span;
use domain::attempt::Began;
use domain::ports::PortError;
use domain::ports::queue::{MessageGroup, NewMessage};
use domain::ports::uploads::GalleryWrite;
use domain::{Begin, ExecutionInput, ExecutionName, IntakeMessage, Ports, QueueName, Record, Status, Upload};
use tracing::Instrument;

/// The result of [`begin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The attempt is open and its execution was started.
    Started,
    /// The record does not allow it; its sender can read why there.
    Refused,
    /// The tenant never had such an upload.
    UnknownUpload,
}

/// Sends an order for an upload to queue `uploads`.
pub async fn order(ports: &Ports, upload: &Upload, begin: &Begin) -> Result<(), PortError> {
    let group = match begin.replay {
        true => MessageGroup::replay(&upload.tenant_id, &upload.user_id),
        false => MessageGroup::live(&upload.tenant_id, &upload.user_id),
    };
    let message = NewMessage::new(IntakeMessage::begin_body(begin), Some(group));
    ports.queue.send(QueueName::UPLOADS, vec![message]).await
}

/// Begins the next attempt as ordered. A running one that is to be superseded is stopped first. May be repeated.
pub async fn begin(ports: &Ports, begin: &Begin) -> Result<Begun, PortError> {
    let upload = match ports.uploads.get(&begin.tenant_id, begin.upload_id).await? {
        None => return Ok(Begun::UnknownUpload),
        Some(Record::Erased(_)) => return Ok(Begun::Refused),
        Some(Record::Live(upload)) => *upload,
    };
    let traceparent = begin.traceparent.as_deref().or(upload.traceparent.as_deref());
    let span = span::of_upload(upload.upload_id, traceparent);
    begin_next(ports, upload, begin).instrument(span).await
}

async fn begin_next(ports: &Ports, mut upload: Upload, begin: &Begin) -> Result<Begun, PortError> {
    let (status, attempt) = (upload.status, upload.attempt);
    match upload.begin(begin, ports.clock.now()) {
        Ok(Began::Anew) => {
            if matches!(status, Status::Stored | Status::Running) {
                let running = ExecutionName::new(upload.upload_id, attempt);
                ports.orchestrator.stop(&running, "Superseded", "a newer attempt was begun").await?;
            }
            tracing::info!(attempt = upload.attempt, actor = begin.actor, "attempt begun");
            upload = ports.uploads.save(upload, GalleryWrite::Keep).await?;
        }
        Ok(Began::Already) if upload.status == Status::Stored => {}
        Ok(Began::Already) => return Ok(Begun::Started),
        Err(refused) => {
            tracing::info!(code = refused.code(), actor = begin.actor, "attempt refused");
            return Ok(Begun::Refused);
        }
    }
    start(ports, &upload).await?;
    Ok(Begun::Started)
}

/// Starts the execution of a stored upload's attempt. May be repeated. It writes nothing: the result of the first stage
/// makes the upload `running`.
pub async fn start(ports: &Ports, upload: &Upload) -> Result<(), PortError> {
    let name = ExecutionName::new(upload.upload_id, upload.attempt);
    ports.orchestrator.start(&name, &ExecutionInput::of(upload)).await
}
