//! Tells the state machine how a stage ended.

use domain::Ports;
use domain::domain_event::{DomainEvent, DomainEventKind};
use domain::ports::PortError;
use domain::{EndState, Outcome, Stage, StageResult, StageTask, Status, Upload};
use serde_json::json;

/// The error of a task whose upload is gone.
pub(crate) const ERASED: &str = "Erased";
/// The error of a task whose attempt was replaced.
pub(crate) const SUPERSEDED: &str = "Superseded";
/// The error of face-detection where there is no face: an outcome, not an alarm.
const NO_FACE: &str = "NoFace";

/// Answers the task with the stage's result in the record, and tells of a closing before; whether there is a result. A
/// dead token is no error: what is stored stays.
pub(crate) async fn from_record(ports: &Ports, task: &StageTask, upload: &Upload) -> Result<bool, PortError> {
    let Some(result) = upload.results.get(&task.stage) else { return Ok(false) };
    if task.stage == Stage::GalleryIndexing {
        announce_closing(ports, upload).await?;
    }
    with_result(ports, task, result).await?;
    Ok(true)
}

async fn with_result(ports: &Ports, task: &StageTask, result: &StageResult) -> Result<(), PortError> {
    let (token, orchestrator) = (&task.task_token, &ports.orchestrator);
    let answered = match &result.outcome {
        Outcome::Succeeded => orchestrator.succeed(token, json!({"outcome": "succeeded"})).await?,
        Outcome::Uncertain => orchestrator.succeed(token, json!({"outcome": "uncertain"})).await?,
        Outcome::Skipped => orchestrator.succeed(token, json!({"outcome": "skipped"})).await?,
        Outcome::NoFace => orchestrator.fail(token, NO_FACE, "the photo shows no face").await?,
        Outcome::Failed { code } => {
            orchestrator.fail(token, code.as_str(), "see the upload's record").await?
        }
    };
    tracing::debug!(?answered, "task answered");
    Ok(())
}

/// Answers a task whose attempt is over for good. The closing stage has nothing left to close: success.
pub(crate) async fn as_moot(ports: &Ports, task: &StageTask, error: &str) -> Result<(), PortError> {
    let answered = match task.stage {
        Stage::GalleryIndexing => {
            ports.orchestrator.succeed(&task.task_token, json!({"outcome": "moot"})).await?
        }
        _ => ports.orchestrator.fail(&task.task_token, error, "the attempt is over").await?,
    };
    tracing::info!(?answered, error, "task is moot");
    Ok(())
}

/// Tells the world that the attempt was closed. Every delivery of the closing message tells it again, with the same id.
async fn announce_closing(ports: &Ports, upload: &Upload) -> Result<(), PortError> {
    let state = match upload.status {
        Status::Complete => EndState::Complete,
        Status::Partial => EndState::Partial,
        Status::NoFace => EndState::NoFace,
        Status::Failed => EndState::Failed,
        _ => return Ok(()),
    };
    let closed = DomainEventKind::Closed { state };
    let key = (upload.upload_id, upload.attempt);
    let event = DomainEvent::new(closed, upload.tenant_id.clone(), key, upload.changed_at);
    ports.events.publish(&event).await
}
