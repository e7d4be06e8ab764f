//! Step 5: the task is answered with the outcome. A dead token is no error; the stored result stays.

use domain::ports::PortError;
use domain::{Outcome, Ports, Stage, StageTask};
use serde_json::json;

/// Why an attempt is over without this stage's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Erased,
    Superseded,
}

/// The error of face-detection if the photo shows no face: an outcome, not an alarm.
const NO_FACE: &str = "NoFace";

/// Answers the task with the recorded outcome.
pub(crate) async fn reply(ports: &Ports, task: &StageTask, outcome: &Outcome) -> Result<(), PortError> {
    let (token, orchestrator) = (&task.task_token, &ports.orchestrator);
    let answered = match outcome {
        Outcome::Succeeded | Outcome::Uncertain | Outcome::Skipped => {
            orchestrator.succeed(token, json!({"outcome": outcome.as_str()})).await?
        }
        Outcome::NoFace => orchestrator.fail(token, NO_FACE, "the photo shows no face").await?,
        Outcome::Failed { code } => {
            orchestrator.fail(token, code.as_str(), "see the upload's record").await?
        }
    };
    tracing::debug!(?answered, "task answered");
    Ok(())
}

/// Answers the task of an attempt that is over. gallery-indexing has nothing left to close: success.
pub(crate) async fn reply_superseded(ports: &Ports, task: &StageTask, over: Over) -> Result<(), PortError> {
    let (token, orchestrator) = (&task.task_token, &ports.orchestrator);
    let error = match over {
        Over::Erased => "Erased",
        Over::Superseded => "Superseded",
    };
    let answered = match task.stage {
        Stage::GalleryIndexing => orchestrator.succeed(token, json!({"outcome": "superseded"})).await?,
        _ => orchestrator.fail(token, error, "the attempt is over").await?,
    };
    tracing::info!(?answered, error, "superseded task answered");
    Ok(())
}
