//! The machine's clock, made monotonic, and a clock that tests set.

use async_trait::async_trait;
use domain::Timestamp;
use domain::ports::Clock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The machine's clock. When it is set back, time goes on from the latest moment ever seen at its normal rate, so that
/// sleepers still wake.
#[derive(Debug)]
pub struct SystemClock {
    begun: Instant,
    begun_ms: i64,
    latest_ms: AtomicI64,
}

/// A clock that stands still until it is advanced.
#[derive(Debug)]
pub struct ManualClock {
    now_ms: watch::Sender<i64>,
}

/// The moment in milliseconds since 1970.
pub(crate) fn to_ms(moment: Timestamp) -> i64 {
    moment.as_millisecond()
}

/// From milliseconds since 1970; outside the calendar: its nearest moment.
pub(crate) fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// `moment + duration`, or the calendar's end.
pub(crate) fn after(moment: Timestamp, duration: Duration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
}

impl SystemClock {
    /// A clock that starts at `floor` or now, whichever is later.
    pub fn starting_at(floor: Timestamp) -> Self {
        let begun_ms = to_ms(floor.max(Timestamp::now()));
        SystemClock { begun: Instant::now(), begun_ms, latest_ms: AtomicI64::new(begun_ms) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::starting_at(Timestamp::UNIX_EPOCH)
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX);
        let now = to_ms(Timestamp::now()).max(self.begun_ms.saturating_add(passed));
        from_ms(self.latest_ms.fetch_max(now, Ordering::Relaxed).max(now))
    }

    async fn sleep_until(&self, moment: Timestamp) {
        loop {
            let left = to_ms(moment).saturating_sub(to_ms(self.now()));
            match u64::try_from(left) {
                Ok(ms) if ms > 0 => tokio::time::sleep(Duration::from_millis(ms)).await,
                _ => return,
            }
        }
    }
}

impl ManualClock {
    pub fn new(now: Timestamp) -> Self {
        ManualClock { now_ms: watch::Sender::new(to_ms(now)) }
    }

    /// Wakes the sleepers whose moment has come.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.now_ms.send_modify(|now| *now = now.saturating_add(by));
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        from_ms(*self.now_ms.borrow())
    }

    async fn sleep_until(&self, moment: Timestamp) {
        let mut now = self.now_ms.subscribe();
        let until = to_ms(moment);
        // `self` owns the sender, so this cannot fail.
        if now.wait_for(|now| *now >= until).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_clock_never_goes_back_and_never_stands() {
        let future = after(Timestamp::now(), Duration::from_secs(3600));
        let clock = SystemClock::starting_at(future);
        assert!(to_ms(clock.now()) >= to_ms(future));
        let soon = after(clock.now(), Duration::from_millis(2));
        clock.sleep_until(soon).await;
        assert!(clock.now() >= soon);
        let ordinary = SystemClock::default();
        let first = ordinary.now();
        assert!(ordinary.now() >= first);
    }

    #[tokio::test]
    async fn advancing_wakes_sleepers() {
        let clock = std::sync::Arc::new(ManualClock::new(from_ms(0)));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(from_ms(1000)).await }
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_millis(999));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_millis(1));
        sleeper.await.unwrap();
    }
}
