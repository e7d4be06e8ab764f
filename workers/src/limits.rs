//! What bounds a stage.

use std::time::Duration;

/// Limits of one stage.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Receives of a message before it becomes a dead letter; the queue's own limit.
    pub max_receives: u32,
    /// How long a stage may work on a message.
    pub time: Duration,
    /// How long a stage may wait for a job outside, from its first [`domain::StageEnd::Later`] on.
    pub deadline: Duration,
    /// The first delay after a failure; it doubles with each receive.
    pub backoff: Duration,
    /// The longest delay after a failure.
    pub longest_backoff: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_receives: 5,
            time: Duration::from_secs(120),
            deadline: Duration::from_secs(6 * 3600),
            backoff: Duration::from_secs(2),
            longest_backoff: Duration::from_secs(300),
        }
    }
}
