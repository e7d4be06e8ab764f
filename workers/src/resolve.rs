//! Step 1: a message that needs no work is settled from the record. Malformed bodies and unknown uploads become dead-letter
//! rows; an attempt that is over is answered so; a stage that has a result is answered with it.

use crate::reply::{Over, reply_superseded};
use domain::handler::Body;
use domain::ports::PortError;
use domain::ports::queue::Delivery;
use domain::{Code, Message, Outcome, Ports, Record, Stage, StageTask, Timestamp, Upload};
use lifecycle::dead_letter;

/// The remaining work on a message.
pub(crate) enum Resolution<'a> {
    /// Only the message must be acknowledged.
    Done,
    /// The stage has this outcome. Redelivery and reuse are this one rule.
    AlreadyRecorded(&'a StageTask, Outcome),
    /// The stage has no result yet.
    Pending(Box<OpenTask<'a>>),
}

/// A delivered task whose stage has no result yet.
pub(crate) struct OpenTask<'a> {
    pub(crate) task: &'a StageTask,
    pub(crate) delivery: &'a Delivery,
    /// The record as it was loaded for this delivery.
    pub(crate) upload: Upload,
    pub(crate) started_at: Timestamp,
}

pub(crate) async fn resolve<'a>(ports: &Ports, message: &'a Message) -> Result<Resolution<'a>, PortError> {
    let task = match &message.body {
        Body::Task(task) => task,
        Body::Malformed(reason) => return bury(ports, message, "invalid_message", reason).await,
        Body::Intake(_) => return bury(ports, message, "invalid_message", "no stage reads this queue").await,
    };
    let upload = match ports.uploads.get(&task.tenant_id, task.upload_id).await? {
        None => return bury(ports, message, "unknown_upload", "the upload does not exist").await,
        Some(Record::Erased(_)) => return over(ports, task, Over::Erased).await,
        Some(Record::Live(upload)) => *upload,
    };
    if upload.attempt > task.attempt {
        return over(ports, task, Over::Superseded).await;
    }
    if upload.attempt < task.attempt {
        return bury(ports, message, "unknown_attempt", "the attempt does not exist yet").await;
    }
    let Some(result) = upload.results.get(&task.stage) else {
        let started_at = ports.clock.now();
        let open = OpenTask { task, delivery: &message.delivery, upload, started_at };
        return Ok(Resolution::Pending(Box::new(open)));
    };
    if task.stage == Stage::GalleryIndexing {
        // The process may have died between the closing and its announcement.
        lifecycle::announce(ports, &upload).await?;
    }
    Ok(Resolution::AlreadyRecorded(task, result.outcome.clone()))
}

async fn bury<'a>(
    ports: &Ports,
    message: &Message,
    code: &'static str,
    reason: &str,
) -> Result<Resolution<'a>, PortError> {
    dead_letter::write(ports, message, Code::fixed(code), reason).await?;
    Ok(Resolution::Done)
}

async fn over<'a>(ports: &Ports, task: &StageTask, over: Over) -> Result<Resolution<'a>, PortError> {
    reply_superseded(ports, task, over).await?;
    Ok(Resolution::Done)
}

impl OpenTask<'_> {
    pub(crate) fn stage(&self) -> Stage {
        self.task.stage
    }
}
