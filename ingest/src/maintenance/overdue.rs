//! Attempts that have been open for long: the orchestrator knows what became of them. On AWS the event of an execution's
//! end is best effort, so somebody has to ask.

use super::Care;
use crate::attempt;
use domain::Ports;
use domain::ports::PortError;
use domain::{ExecutionName, ExecutionStatus, Upload};

pub(super) async fn needed(ports: &Ports, upload: &Upload) -> Result<Care, PortError> {
    let name = ExecutionName::new(upload.upload_id, upload.attempt);
    let found = ports.orchestrator.describe(&name).await?;
    Ok(match found.map(|execution| execution.status) {
        None => Care::Start,
        Some(ExecutionStatus::Running) => Care::Nothing,
        Some(ended) => Care::Close(attempt::code_of_end(ended)),
    })
}
