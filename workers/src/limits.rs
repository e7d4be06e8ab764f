//! Bounds of a stage: receives, time, and how long a failed message stays hidden.

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Receives of a message before it becomes a dead letter; the queue's own limit.
    pub max_receives: u32,
    /// How long a stage may work on a message.
    pub time: Duration,
    /// How long a stage may wait for an outside job, from its first [`domain::StageEnd::Later`] on.
    pub deadline: Duration,
    /// The delay after a first failure; it doubles with each receive.
    pub backoff: Duration,
    pub max_backoff: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_receives: 5,
            time: Duration::from_secs(120),
            deadline: Duration::from_secs(6 * 3600),
            backoff: Duration::from_secs(2),
            max_backoff: Duration::from_secs(300),
        }
    }
}

impl Limits {
    /// The delay after a failure: exponential with full jitter, anything from zero to `backoff · 2^(receives − 1)`, capped.
    /// See "Exponential Backoff And Jitter", AWS Architecture Blog, 2015. At least a second, so that a hot loop is
    /// impossible.
    pub(crate) fn delay(&self, receive_count: u32) -> Duration {
        self.delay_with(receive_count, fastrand::f64())
    }

    fn delay_with(&self, receive_count: u32, share: f64) -> Duration {
        let doublings = receive_count.saturating_sub(1).min(30);
        let max = self.backoff.saturating_mul(1 << doublings).min(self.max_backoff);
        max.mul_f64(share).max(Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_cap() {
        let limits = Limits::default();
        let max = |receives| limits.delay_with(receives, 1.0).as_secs();
        assert_eq!([1, 2, 3, 4].map(max), [2, 4, 8, 16]);
        assert_eq!(max(60), 300);
        assert_eq!(limits.delay_with(9, 0.0).as_secs(), 1);
    }
}
