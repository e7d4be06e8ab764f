//! The end of enrolments that are not used.

use domain::Ports;
use domain::ports::enrolments::MAX_ENROLMENTS;
use domain::ports::{PortError, PortErrorKind};
use std::time::Duration;

/// Erases faces that have not matched for `retention`, a page of them; returns how many. The next round goes on.
pub async fn end_unused(ports: &Ports, retention: Duration) -> Result<usize, PortError> {
    let before = ports.clock.now().checked_sub(retention).map_err(PortError::broken)?;
    let unused = ports.enrolments.unused(before, MAX_ENROLMENTS).await?;
    let mut ended = 0;
    for enrolment in &unused {
        match lifecycle::erase_enrolment(ports, enrolment).await {
            Ok(()) => ended += 1,
            // It was used, replaced or erased meanwhile.
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    if ended > 0 {
        tracing::info!(ended, "unused enrolments were erased");
    }
    Ok(ended)
}
