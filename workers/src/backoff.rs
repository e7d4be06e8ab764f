//! How long a failed message stays away.

use crate::limits::Limits;
use std::time::Duration;

/// Exponential with full jitter: anything from zero to `backoff · 2^(receives − 1)`, capped. See "Exponential Backoff
/// And Jitter", AWS Architecture Blog, 2015. At least a second, so that a hot loop is never possible.
pub(crate) fn delay(limits: &Limits, receive_count: u32) -> Duration {
    delay_with(limits, receive_count, fastrand::f64())
}

fn delay_with(limits: &Limits, receive_count: u32, share: f64) -> Duration {
    let doublings = receive_count.saturating_sub(1).min(30);
    let most = limits.backoff.saturating_mul(1 << doublings).min(limits.longest_backoff);
    most.mul_f64(share).max(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_the_cap() {
        let limits = Limits::default();
        let most = |receives| delay_with(&limits, receives, 1.0).as_secs();
        assert_eq!([1, 2, 3, 4].map(most), [2, 4, 8, 16]);
        assert_eq!(most(60), 300);
        assert_eq!(delay_with(&limits, 9, 0.0).as_secs(), 1);
    }
}
