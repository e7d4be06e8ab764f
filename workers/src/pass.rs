//! One pass over a message: parse, load, settle what is settled already. What remains is work.

use crate::answer;
use domain::Ports;
use domain::dead_letter::DeadLetter;
use domain::ports::PortError;
use domain::ports::queue::Delivery;
use domain::{Code, QueueName, Record, StageTask, Upload};

/// What a message turned out to be.
pub(crate) enum Pass {
    /// Nothing is left to do but to acknowledge it.
    Settled,
    /// Its stage has a result, which was answered.
    HadResult(Box<Upload>),
    /// Work to do.
    Open(Box<Upload>, StageTask),
}

/// Steps 1 and 2: an unreadable body or an unknown upload becomes a dead-letter row; an attempt that is over is answered
/// so; a stored result is answered (duplicate and reuse are this one rule).
pub(crate) async fn pass(ports: &Ports, queue: QueueName, delivery: &Delivery) -> Result<Pass, PortError> {
    let task = match StageTask::parse(&delivery.body) {
        Ok(task) if Some(task.stage) == queue.stage() => task,
        Ok(task) => return bury(ports, queue, delivery, &format!("a task of {}", task.stage)).await,
        Err(error) => return bury(ports, queue, delivery, &error.to_string()).await,
    };
    match ports.uploads.get(&task.tenant_id, task.upload_id).await? {
        None => {
            write_row(ports, queue, delivery, Some(&task), code("unknown_upload")).await?;
            tracing::error!("a message for an unknown upload");
            Ok(Pass::Settled)
        }
        Some(Record::Erased(_)) => moot(ports, &task, answer::ERASED).await,
        Some(Record::Live(upload)) if upload.attempt > task.attempt => {
            moot(ports, &task, answer::SUPERSEDED).await
        }
        Some(Record::Live(upload)) if upload.attempt < task.attempt => {
            write_row(ports, queue, delivery, Some(&task), code("unknown_attempt")).await?;
            tracing::error!("a message from the future");
            Ok(Pass::Settled)
        }
        Some(Record::Live(upload)) => match answer::from_record(ports, &task, &upload).await? {
            true => Ok(Pass::HadResult(upload)),
            false => Ok(Pass::Open(upload, task)),
        },
    }
}

async fn moot(ports: &Ports, task: &StageTask, error: &str) -> Result<Pass, PortError> {
    answer::as_moot(ports, task, error).await?;
    Ok(Pass::Settled)
}

async fn bury(ports: &Ports, queue: QueueName, delivery: &Delivery, why: &str) -> Result<Pass, PortError> {
    write_row(ports, queue, delivery, None, code("invalid_message")).await?;
    tracing::error!(queue = %queue, message.id = delivery.message_id, why, "a message that nobody can read");
    Ok(Pass::Settled)
}

/// Writes the message as a row, without its token.
pub(crate) async fn write_row(
    ports: &Ports,
    queue: QueueName,
    delivery: &Delivery,
    task: Option<&StageTask>,
    code: Code,
) -> Result<(), PortError> {
    let letter = DeadLetter {
        id: DeadLetter::id_of(queue.source(), &delivery.message_id),
        queue: queue.source(),
        stage: queue.stage(),
        tenant_id: task.map(|task| task.tenant_id.clone()),
        upload_id: task.map(|task| task.upload_id),
        attempt: task.map(|task| task.attempt),
        receive_count: delivery.receive_count,
        code: code.clone(),
        first_seen: ports.clock.now(),
        body: DeadLetter::cut(&StageTask::redacted(&delivery.body)),
    };
    ports.dead_letters.put(letter).await?;
    ports.meter.dead_lettered(queue.source(), &code);
    Ok(())
}

fn code(word: &'static str) -> Code {
    Code::parse(word).expect("the codes of this file are lower-case words")
}
