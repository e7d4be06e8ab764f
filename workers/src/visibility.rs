//! Keeps a delivered message hidden for as long as somebody works on it.

use domain::QueueName;
use domain::ports::queue::Receipt;
use domain::ports::{Clock, PortErrorKind, Queue};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing::Instrument;

/// Extends a message's visibility every third of it until it is dropped, whatever the worker does.
pub(crate) struct VisibilityGuard(JoinHandle<()>);

impl VisibilityGuard {
    pub(crate) fn hold(
        clock: Arc<dyn Clock>,
        queue: Arc<dyn Queue>,
        name: QueueName,
        receipt: Receipt,
        visibility: Duration,
    ) -> Self {
        let holding = async move {
            loop {
                clock.sleep_until(clock.now() + visibility / 3).await;
                match queue.extend(name, &receipt, visibility).await {
                    Ok(()) => {}
                    // Lost: fencing by attempt and result keeps the next holder safe from this one.
                    Err(error) if error.kind == PortErrorKind::NotFound => return,
                    Err(error) => tracing::warn!(queue = %name, error = %error, "visibility not extended"),
                }
            }
        };
        VisibilityGuard(tokio::spawn(holding.in_current_span()))
    }
}

impl Drop for VisibilityGuard {
    fn drop(&mut self) {
        self.0.abort();
    }
}
