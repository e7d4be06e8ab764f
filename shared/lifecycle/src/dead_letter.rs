//! Dead letters: messages that could not be settled, as rows that operators list and redrive.

use crate::attempt;
use domain::handler::Body;
use domain::ports::PortError;
use domain::{Begin, Code, DeadLetter, IntakeMessage, Message, Ports, Record, StageTask};
use uuid::Uuid;

/// The result of [`redrive`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redriven {
    /// The upload's next attempt was ordered and the row deleted.
    Ordered,
    NoSuchRow,
    /// The row names no upload, or one that does not exist any more.
    NoUpload,
}

/// Writes a message as a row, without its token, and logs it. `reason` is for the log. May be repeated.
pub async fn write(ports: &Ports, message: &Message, code: Code, reason: &str) -> Result<(), PortError> {
    let (queue, delivery) = (message.queue.source(), &message.delivery);
    let row = DeadLetter {
        id: DeadLetter::id_of(queue, &delivery.message_id),
        queue,
        stage: queue.stage(),
        tenant_id: None,
        upload_id: None,
        attempt: None,
        receive_count: delivery.receive_count,
        code: code.clone(),
        first_seen: ports.clock.now(),
        body: DeadLetter::cut(&StageTask::redacted(&delivery.body)),
    };
    ports.dead_letters.put(about(row, &message.body)).await?;
    ports.meter.dead_lettered(queue, &code);
    tracing::error!(%queue, message.id = delivery.message_id, %code, reason, "dead letter written");
    Ok(())
}

/// The row with the ids that the body names.
fn about(row: DeadLetter, body: &Body) -> DeadLetter {
    let (tenant_id, upload_id, attempt) = match body {
        Body::Task(task) => (&task.tenant_id, task.upload_id, Some(task.attempt)),
        Body::Intake(IntakeMessage::Begin(begin)) => (&begin.tenant_id, begin.upload_id, None),
        Body::Intake(_) | Body::Malformed(_) => return row,
    };
    DeadLetter { tenant_id: Some(tenant_id.clone()), upload_id: Some(upload_id), attempt, ..row }
}

/// Orders the upload behind a row to resume, then deletes the row. The message itself is not sent again: its token is
/// dead, and its inputs are in the record. Repeating it begins nothing twice.
pub async fn redrive(ports: &Ports, row: Uuid, actor: &str) -> Result<Redriven, PortError> {
    let Some(row) = ports.dead_letters.get(row).await? else { return Ok(Redriven::NoSuchRow) };
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
