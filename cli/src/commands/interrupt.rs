//! Signals to stop: SIGTERM and Ctrl-C.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// The exit code after a second signal, as a shell reports it for Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Ends at SIGTERM or Ctrl-C, which do not end the process from now on.
pub fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send> {
    let mut signals = Signals::listen()?;
    Ok(async move {
        signals.next().await;
        tracing::info!("stopping");
    })
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate()).context("handling SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("handling Ctrl-C")?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Whether a command that is at work has been asked to stop. It finishes what it has begun; a second signal ends the
/// process at once.
pub struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    pub fn listen() -> anyhow::Result<Self> {
        let mut signals = Signals::listen()?;
        let (raised, receiver) = watch::channel(false);
        tokio::spawn(async move {
            signals.next().await;
            raised.send_replace(true);
            signals.next().await;
            std::process::exit(INTERRUPTED);
        });
        Ok(Interrupt(receiver))
    }

    pub fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends at the first signal.
    pub async fn raised(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|raised| *raised).await.is_err() {
            tracing::debug!("signals are not listened to any more");
        }
    }
}
