//! Bounds of a stage: receives, time, and how long a failed message stays hidden.

use lifecycle::Backoff;
use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Receives of a message before it becomes a dead letter; the queue's own limit.
    pub max_receives: u32,
    /// How long a stage may work on a message.
    pub time: Duration,
    /// How long a stage may wait for an outside job, from its first [`domain::StageEnd::Later`] on.
    pub deadline: Duration,
    pub backoff: Backoff,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_receives: domain::queue_name::STAGE_MAX_RECEIVES,
            time: Duration::from_secs(120),
            deadline: Duration::from_secs(6 * 3600),
            backoff: Backoff { first: Duration::from_secs(15), max: Duration::from_secs(900) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_retries_of_a_message_outlast_an_hour() {
        let limits = Limits::default();
        let retries = (1..limits.max_receives).map(|receives| limits.backoff.delay(receives));
        assert!(retries.sum::<Duration>() > Duration::from_secs(3600));
    }
}
