//! Keeps a message hidden while its handler works.

use domain::QueueName;
use domain::ports::queue::Receipt;
use domain::ports::{Clock, PortErrorKind, Queue};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tracing::Instrument;

/// Extends a message's visibility timeout, each third of it, until this is dropped.
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
                    // Lost to another host; records are fenced by attempt and result.
                    Err(error) if error.kind == PortErrorKind::NotFound => return,
                    Err(error) => tracing::warn!(queue = %name, %error, "visibility timeout not extended"),
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
