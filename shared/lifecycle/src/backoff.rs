//! How long a message stays hidden after a failure. Growth and the limit of receives together outlast an incident of an
//! hour.

use std::time::Duration;

#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// The delay after a first failure; it doubles with each receive.
    pub first: Duration,
    /// Where it stops doubling.
    pub max: Duration,
}

/// The part of a delay that is added at random at most, so that messages that failed together come back apart.
const JITTER: f64 = 0.25;

impl Backoff {
    /// The delay after a failure. Nothing is subtracted at random: the limit of receives would be reached sooner.
    pub fn delay(&self, receive_count: u32) -> Duration {
        self.delay_with(receive_count, fastrand::f64())
    }

    fn delay_with(&self, receive_count: u32, share: f64) -> Duration {
        let doublings = receive_count.saturating_sub(1).min(30);
        let delay = self.first.saturating_mul(1 << doublings).min(self.max);
        delay.mul_f64(1.0 + JITTER * share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { first: Duration::from_secs(15), max: Duration::from_secs(900) };

    #[test]
    fn delays_grow_to_the_cap() {
        let shortest = |receives| BACKOFF.delay_with(receives, 0.0).as_secs();
        assert_eq!([1, 2, 3, 4, 7, 60].map(shortest), [15, 30, 60, 120, 900, 900]);
        assert_eq!(BACKOFF.delay_with(60, 1.0).as_secs(), 1125);
    }
}
