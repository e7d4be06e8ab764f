//! Throttling: a pure rule that counts tries, so that every backend throttles alike, and the port that keeps the counts.

use super::error::PortError;
use crate::sha256::Sha256;
use async_trait::async_trait;
use jiff::Timestamp;
use std::time::Duration;

/// The key of a count; a digest, so that no address is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThrottleKey(pub Sha256);

/// The limit of tries under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Tries that are not throttled within `window`.
    pub free: u32,
    /// The time in which tries are counted.
    pub window: Duration,
    /// The treatment of tries beyond the free ones.
    pub beyond: Beyond,
}

/// The treatment of tries beyond the free ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// They wait until the window, which began with the first try, has ended.
    Refuse,
    /// After each one the next waits twice as long, up to a limit; a client that waits is never locked out. The window is
    /// the pause after which the count restarts.
    Delay {
        /// The first of the waits.
        first: Duration,
        /// The longest of the waits.
        most: Duration,
    },
}

/// The count under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The number of tries so far.
    pub count: u32,
    /// The earliest moment of the next try.
    pub not_before: Timestamp,
    /// The moment at which the count restarts.
    pub expires_at: Timestamp,
}

/// A try that has to wait; it was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The earliest moment of another try.
    pub until: Timestamp,
}

impl ThrottleKey {
    /// The digest of some words; see [`Sha256::of_words`].
    pub fn of(words: &[&str]) -> Self {
        ThrottleKey(Sha256::of_words(words))
    }
}

impl Rule {
    /// Counts a try. Errors: the try must wait.
    pub fn take(&self, tally: Option<Tally>, now: Timestamp) -> Result<Tally, Wait> {
        let Some(tally) = tally.filter(|tally| now < tally.expires_at) else {
            return Ok(self.after(1, now, later(now, self.window)));
        };
        if now < tally.not_before {
            return Err(Wait { until: tally.not_before });
        }
        let count = tally.count.saturating_add(1);
        match self.beyond {
            Beyond::Refuse => Ok(self.after(count, now, tally.expires_at)),
            Beyond::Delay { .. } => Ok(self.after(count, now, later(now, self.window))),
        }
    }

    fn after(&self, count: u32, now: Timestamp, expires_at: Timestamp) -> Tally {
        let not_before = match (count.checked_sub(self.free), self.beyond) {
            (None, _) => now,
            (Some(_), Beyond::Refuse) => expires_at,
            (Some(over), Beyond::Delay { first, most }) => {
                later(now, first.saturating_mul(2_u32.saturating_pow(over)).min(most))
            }
        };
        Tally { count, not_before, expires_at }
    }
}

/// `moment + duration`, at most the calendar's end.
fn later(moment: Timestamp, duration: Duration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// Counts tries under keys, by [`Rule::take`].
#[async_trait]
pub trait Throttle: Send + Sync {
    /// Counts a try, or returns its wait. Of many concurrent tries no more pass than the rule allows.
    async fn take(
        &self,
        key: ThrottleKey,
        rule: &Rule,
        now: Timestamp,
    ) -> Result<Result<(), Wait>, PortError>;

    /// The tries counted under a key that have not expired.
    async fn count(&self, key: ThrottleKey, now: Timestamp) -> Result<u32, PortError>;

    /// Restarts the count after a try that succeeded.
    async fn forgive(&self, key: ThrottleKey) -> Result<(), PortError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    const DELAYING: Rule = Rule {
        free: 3,
        window: Duration::from_secs(600),
        beyond: Beyond::Delay { first: Duration::from_secs(1), most: Duration::from_secs(60) },
    };
    const REFUSING: Rule = Rule { free: 3, window: Duration::from_secs(60), beyond: Beyond::Refuse };

    /// Tries at these seconds; for each the second until which it waits, None if it is counted.
    fn check(rule: Rule, tries: &[(u64, Option<u64>)]) {
        let mut tally = None;
        for (at, expected) in tries {
            let waits = match rule.take(tally, fixture::later(*at)) {
                Ok(next) => {
                    tally = Some(next);
                    None
                }
                Err(wait) => Some(wait.until),
            };
            assert_eq!(waits, expected.map(fixture::later), "at {at} s");
        }
    }

    #[test]
    fn delays_grow_up_to_a_limit() {
        check(DELAYING, &[(0, None), (0, None), (0, None), (0, Some(1)), (1, None), (2, Some(3)), (3, None)]);
        let late = Tally { count: 40, not_before: fixture::now(), expires_at: fixture::later(600) };
        let next = DELAYING.take(Some(late), fixture::now()).expect("a try after the wait is counted");
        assert_eq!(next.not_before, fixture::later(60));
    }

    #[test]
    fn waiting_is_not_punished() {
        check(
            DELAYING,
            &[(0, None), (0, None), (0, None), (0, Some(1)), (0, Some(1)), (0, Some(1)), (1, None)],
        );
    }

    #[test]
    fn rest_forgives() {
        check(
            DELAYING,
            &[(0, None), (0, None), (0, None), (601, None), (601, None), (601, None), (601, Some(602))],
        );
    }

    #[test]
    fn a_window_refuses_until_it_is_over() {
        check(REFUSING, &[(0, None), (30, None), (40, None), (41, Some(60)), (59, Some(60)), (60, None)]);
    }
}
