//! How often something may be tried: a pure count, so that every backend throttles alike.

use crate::sha256::Sha256;
use jiff::Timestamp;
use std::time::Duration;

/// Names what is counted; a digest, so that no address is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThrottleKey(pub Sha256);

/// How often is too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// So many tries are free.
    pub free: u32,
    /// Within this time.
    pub window: Duration,
    /// What happens to those beyond.
    pub beyond: Beyond,
}

/// What happens to tries beyond the free ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beyond {
    /// They wait until the window, which began with the first try, is over.
    Refuse,
    /// After each one the next waits, twice as long every time up to a limit; so whoever waits gets his try, and nobody
    /// is locked out. The window is the rest after which all is forgiven.
    Delay {
        /// The first wait.
        first: Duration,
        /// The longest wait.
        most: Duration,
    },
}

/// What has been counted under a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Tries so far.
    pub count: u32,
    /// The next try waits until here.
    pub not_before: Timestamp,
    /// Nothing counts any more from here on.
    pub expires_at: Timestamp,
}

/// A try that has to wait; it was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Until when.
    pub until: Timestamp,
}

impl ThrottleKey {
    /// The key of these words; `["ab", "c"]` is another than `["a", "bc"]`.
    pub fn of(words: &[&str]) -> Self {
        ThrottleKey(Sha256::of_words(words))
    }
}

impl Rule {
    /// Counts a try: the tally after it, or how long it has to wait.
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

/// `moment` and `duration`, held at the calendar's end.
fn later(moment: Timestamp, duration: Duration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
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

    /// Tries at these seconds: for each, the second until which it waits; None where it is counted.
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
        let next = DELAYING.take(Some(late), fixture::now()).expect("who waited gets his try");
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
