//! The end of enrolments that are not used.

use domain::Ports;
use domain::ports::{PortError, PortErrorKind};
use std::time::Duration;

/// Enrolments that one round erases: a few seconds of work.
const MAX_ENDED: usize = 20;

/// Erases faces that have not matched for `retention`, a page of them; returns how many. The next round goes on. Errors: the
/// last one of those that could not be erased, after the others were.
pub async fn end_unused(ports: &Ports, retention: Duration) -> Result<usize, PortError> {
    let before = ports.clock.now().checked_sub(retention).map_err(PortError::broken)?;
    let unused = ports.enrolments.unused(before, MAX_ENDED).await?;
    let (mut ended, mut last_error) = (0, None);
    for enrolment in &unused {
        match lifecycle::erase_enrolment(ports, enrolment).await {
            Ok(()) => ended += 1,
            // It was used, replaced or erased meanwhile.
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            Err(error) => {
                tracing::warn!(key = %enrolment.photo, error = %error, "an unused enrolment was not erased");
                last_error = Some(error);
            }
        }
    }
    if ended > 0 {
        tracing::info!(ended, "unused enrolments were erased");
    }
    last_error.map_or(Ok(ended), Err)
}
