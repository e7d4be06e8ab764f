//! Dead letters: messages that could not be settled, as rows that operators list and redrive.

use crate::attempt;
use domain::handler::Body;
use domain::object_event::ObjectCreated;
use domain::ports::PortError;
use domain::ports::queue::NewMessage;
use domain::{
    Begin, Code, DeadLetter, IntakeMessage, Message, ObjectKey, Ports, QueueName, Record, StageTask,
    TenantId, UploadId,
};
use uuid::Uuid;

/// The result of [`redrive`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redriven {
    /// The upload's next attempt was ordered, or the message of queue `uploads` sent again, and the row deleted.
    Ordered,
    NoSuchRow,
    /// The row names no upload, or one that does not exist any more.
    NoUpload,
}

/// Writes a message as a row, without its token, and logs it. `reason` is for the log. May be repeated.
pub async fn write(ports: &Ports, message: &Message, code: Code, reason: &str) -> Result<(), PortError> {
    let (queue, delivery) = (message.queue.source(), &message.delivery);
    let (tenant_id, upload_id, attempt) = match ids_of(&message.body) {
        Some((tenant, upload, attempt)) => (Some(tenant), upload, attempt),
        None => (None, None, None),
    };
    let row = DeadLetter {
        id: DeadLetter::id_of(queue, &delivery.message_id),
        queue,
        stage: queue.stage(),
        tenant_id,
        upload_id,
        attempt,
        receive_count: delivery.receive_count,
        code: code.clone(),
        first_seen: ports.clock.now(),
        body: DeadLetter::cut(&StageTask::redacted(&delivery.body)),
    };
    ports.dead_letters.put(row).await?;
    ports.meter.dead_lettered(queue, &code);
    tracing::error!(%queue, message.id = delivery.message_id, %code, reason, "dead letter written");
    Ok(())
}

/// The ids that a body names: tenant, upload, attempt.
fn ids_of(body: &Body) -> Option<(TenantId, Option<UploadId>, Option<u32>)> {
    Some(match body {
        Body::Task(task) => (task.tenant_id.clone(), Some(task.upload_id), Some(task.attempt)),
        Body::Intake(IntakeMessage::Begin(begin)) => (begin.tenant_id.clone(), Some(begin.upload_id), None),
        Body::Intake(IntakeMessage::Erase(order)) => (order.tenant_id.clone(), Some(order.upload_id), None),
        Body::Intake(IntakeMessage::EraseUser(order)) => (order.tenant_id.clone(), None, None),
        Body::Intake(IntakeMessage::ExecutionEnded { input, .. }) => {
            let input = input.as_ref()?;
            (TenantId::parse(&input.tenant_id).ok()?, Some(input.upload_id), Some(input.attempt))
        }
        Body::Intake(IntakeMessage::Objects { created, .. }) => {
            let (tenant, upload) = owner_of(created.first()?)?;
            (tenant, upload, None)
        }
        Body::Intake(IntakeMessage::Ignored(_)) | Body::Malformed(_) => return None,
    })
}

/// The tenant of an uploaded object, and its upload if the key is that of a declared one.
fn owner_of(object: &ObjectCreated) -> Option<(TenantId, Option<UploadId>)> {
    let key = ObjectKey::parse(&object.key).ok()?;
    let (tenant, _, name) = key.owner()?;
    Some((tenant, UploadId::parse(name).ok()))
}

/// Whether a message of queue `uploads` can be handled yet. An order to begin needs its upload.
async fn can_be_sent_again(ports: &Ports, message: &IntakeMessage) -> Result<bool, PortError> {
    Ok(match message {
        IntakeMessage::Objects { created, .. } => !created.is_empty(),
        IntakeMessage::Begin(begin) => {
            let found = ports.uploads.get(&begin.tenant_id, begin.upload_id).await?;
            matches!(found, Some(Record::Live(_)))
        }
        IntakeMessage::Erase(_) | IntakeMessage::EraseUser(_) | IntakeMessage::ExecutionEnded { .. } => true,
        IntakeMessage::Ignored(_) => false,
    })
}

/// Sends a message of queue `uploads` again as it was: intake takes a repeat for what it is.
async fn send_again(ports: &Ports, row: DeadLetter) -> Result<Redriven, PortError> {
    let whole = IntakeMessage::parse(&row.body).ok();
    let Some(message) = whole else { return Ok(Redriven::NoUpload) };
    if !can_be_sent_again(ports, &message).await? {
        return Ok(Redriven::NoUpload);
    }
    ports.queue.send(QueueName::UPLOADS, vec![NewMessage::new(row.body, None)]).await?;
    ports.dead_letters.delete(row.id).await?;
    Ok(Redriven::Ordered)
}

/// Orders the upload behind a stage's row to resume, then deletes the row. The message itself is not sent again: its token
/// is dead, and its inputs are in the record. Repeating it begins nothing twice. A message of queue `uploads` is sent again.
pub async fn redrive(ports: &Ports, row: Uuid, actor: &str) -> Result<Redriven, PortError> {
    let Some(row) = ports.dead_letters.get(row).await? else { return Ok(Redriven::NoSuchRow) };
    if row.queue == QueueName::UPLOADS {
        return send_again(ports, row).await;
    }
    let (Some(tenant), Some(upload)) = (row.tenant_id, row.upload_id) else {
        return Ok(Redriven::NoUpload);
    };
    let Some(Record::Live(upload)) = ports.uploads.get(&tenant, upload).await? else {
        return Ok(Redriven::NoUpload);
    };
    let reason = Some("redriven dead letter".to_owned());
    let begin = Begin { reason, ..Begin::resume(row.id, &upload, actor) };
    attempt::order(ports, &upload, &begin).await?;
    ports.dead_letters.delete(row.id).await?;
    Ok(Redriven::Ordered)
}
