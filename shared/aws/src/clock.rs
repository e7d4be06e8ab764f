//! The clock of the machine that the process runs on.

use async_trait::async_trait;
use aws_sdk_s3::primitives::DateTime;
use domain::Timestamp;
use domain::ports::Clock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// The machine's clock in whole milliseconds. It stands still while the machine's clock is set back.
#[derive(Debug, Default)]
pub struct SystemClock {
    latest_ms: AtomicI64,
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now().as_millisecond();
        from_ms(self.latest_ms.fetch_max(now, Ordering::Relaxed).max(now))
    }

    async fn sleep_until(&self, moment: Timestamp) {
        loop {
            let left = moment.as_millisecond().saturating_sub(self.now().as_millisecond());
            match u64::try_from(left) {
                Ok(ms) if ms > 0 => tokio::time::sleep(Duration::from_millis(ms)).await,
                _ => return,
            }
        }
    }
}

/// From milliseconds since 1970; outside the calendar: its nearest moment.
pub(crate) fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

pub(crate) fn from_sdk(moment: &DateTime) -> Timestamp {
    moment.to_millis().map_or(Timestamp::MAX, from_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn time_does_not_go_back_and_sleepers_wake() {
        let clock = SystemClock::default();
        let first = clock.now();
        let soon = first + Duration::from_millis(2);
        clock.sleep_until(soon).await;
        assert!(clock.now() >= soon);
        clock.sleep_until(first).await;
        let ahead = SystemClock { latest_ms: AtomicI64::new(i64::MAX) };
        assert_eq!(ahead.now(), Timestamp::MAX);
    }
}
