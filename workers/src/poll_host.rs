//! Receives from a queue and hands each message to its handler, a bounded number at a time.

use domain::ports::queue::{Delivery, Receipt};
use domain::ports::{Clock, PortErrorKind, Queue};
use domain::{Handler, Message, QueueName, Verdict};
use lifecycle::span;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, JoinSet};
use tracing::Instrument;

/// How a queue is polled.
#[derive(Clone, Copy, Debug)]
pub struct Polling {
    /// Messages that are handled at a time.
    pub permits: usize,
    /// The visibility timeout; it is extended while a message is handled.
    pub visibility: Duration,
    /// How long one receive waits for a message.
    pub wait: Duration,
    /// How long a shutdown waits for messages in flight; the rest is delivered again.
    pub drain: Duration,
}

impl Default for Polling {
    fn default() -> Self {
        Polling {
            permits: 2,
            visibility: Duration::from_secs(60),
            wait: Duration::from_secs(20),
            drain: Duration::from_secs(10),
        }
    }
}

#[derive(Clone)]
pub struct PollHost {
    pub queue_name: QueueName,
    pub queue: Arc<dyn Queue>,
    pub clock: Arc<dyn Clock>,
    pub handler: Arc<dyn Handler>,
    pub polling: Polling,
}

/// The pause after a failed receive, so that a broken queue is not polled in a hot loop.
const AFTER_A_FAILURE: Duration = Duration::from_secs(1);

impl PollHost {
    /// Polls until `stop` ends, then finishes the messages in flight within the drain limit. A message that was received
    /// and not finished is delivered again when its visibility timeout ends.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let permits = Arc::new(Semaphore::new(self.polling.permits));
        let mut handling = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        loop {
            let receive = async {
                // The semaphore is never closed, so acquiring cannot fail; if it did, nothing more would be received.
                let permit = permits.clone().acquire_owned().await.ok()?;
                Some((permit, self.receive().await))
            };
            let (permit, delivery) = tokio::select! {
                biased;
                () = &mut stop => break,
                received = receive => match received {
                    Some((permit, Some(delivery))) => (permit, delivery),
                    Some((_, None)) => continue,
                    None => break,
                },
            };
            let host = self.clone();
            handling.spawn(async move {
                host.handle(delivery).await;
                drop(permit);
            });
            while handling.try_join_next().is_some() {}
        }
        let deadline = self.clock.now() + self.polling.drain;
        tokio::select! {
            () = async { while handling.join_next().await.is_some() {} } => {}
            () = self.clock.sleep_until(deadline) => {
                tracing::warn!(queue = %self.queue_name, left = handling.len(), "host stopped with messages in flight");
            }
        }
    }

    async fn receive(&self) -> Option<Delivery> {
        let Polling { visibility, wait, .. } = self.polling;
        match self.queue.receive(self.queue_name, 1, visibility, wait).await {
            Ok(mut deliveries) => deliveries.pop(),
            Err(error) => {
                tracing::error!(queue = %self.queue_name, %error, "receive failed");
                self.clock.sleep_until(self.clock.now() + AFTER_A_FAILURE).await;
                None
            }
        }
    }

    /// Handles one delivery and acknowledges it if its handler says so.
    async fn handle(&self, delivery: Delivery) {
        let message = Message::decode(self.queue_name, delivery);
        let span = span::of_message(&message);
        self.handle_decoded(message).instrument(span).await;
    }

    async fn handle_decoded(&self, message: Message) {
        let receipt = &message.delivery.receipt;
        let guard = VisibilityGuard::hold(
            self.clock.clone(),
            self.queue.clone(),
            self.queue_name,
            receipt.clone(),
            self.polling.visibility,
        );
        let verdict = self.handler.handle(&message).await;
        drop(guard);
        if verdict == Verdict::Acknowledge
            && let Err(error) = self.queue.acknowledge(self.queue_name, std::slice::from_ref(receipt)).await
        {
            tracing::warn!(queue = %self.queue_name, %error, "message not acknowledged; it is delivered again");
        }
    }

    /// Handles the messages that can be received now, one by one, at most `most`; returns their number. Tests run queues
    /// with it.
    pub async fn drain(&self, most: usize) -> usize {
        for handled in 0..most {
            let received =
                self.queue.receive(self.queue_name, 1, self.polling.visibility, Duration::ZERO).await;
            match received.map(|mut deliveries| deliveries.pop()) {
                Ok(Some(delivery)) => self.handle(delivery).await,
                _ => return handled,
            };
        }
        most
    }
}

/// Extends a message's visibility timeout, each third of it, until this is dropped.
struct VisibilityGuard(JoinHandle<()>);

impl VisibilityGuard {
    fn hold(
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
