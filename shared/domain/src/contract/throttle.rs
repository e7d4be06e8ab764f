//! The contract of [`crate::ports::Throttle`].

use crate::fixture::{later, now};
use crate::ports::Throttle;
use crate::ports::throttle::{Beyond, Rule, ThrottleKey, Wait};
use std::time::Duration;

const DELAYING: Rule = Rule {
    free: 2,
    window: Duration::from_secs(600),
    beyond: Beyond::Delay { first: Duration::from_secs(10), most: Duration::from_secs(15) },
};
const REFUSING: Rule = Rule { free: 5, window: Duration::from_secs(60), beyond: Beyond::Refuse };

/// Tries beyond the free ones wait, longer every time up to the limit; keys do not disturb each other.
pub async fn delays_grow(throttle: &dyn Throttle) {
    let (key, other) = (ThrottleKey::of(&["a"]), ThrottleKey::of(&["b"]));
    for (at, expected) in [
        (0, Ok(())),
        (0, Ok(())),
        (0, Err(10)),
        (9, Err(10)),
        (10, Ok(())),
        (10, Err(25)),
        (25, Ok(())),
        (26, Err(40)),
        (641, Ok(())),
        (641, Ok(())),
    ] {
        let taken = throttle.take(key, &DELAYING, later(at)).await.expect("counting works");
        assert_eq!(taken, expected.map_err(|until| Wait { until: later(until) }), "at {at} s");
    }
    assert_eq!(throttle.take(other, &DELAYING, later(641)).await.expect("counting works"), Ok(()));
}

/// What was counted can be read, until it expires or is forgiven.
pub async fn counts_are_read(throttle: &dyn Throttle) {
    let (key, other) = (ThrottleKey::of(&["a"]), ThrottleKey::of(&["b"]));
    let count = async |at| throttle.count(key, later(at)).await.expect("reading works");
    assert_eq!(count(0).await, 0);
    for _ in 0..2 {
        throttle.take(key, &REFUSING, now()).await.expect("counting works").expect("free");
    }
    assert_eq!(count(59).await, 2);
    assert_eq!(count(60).await, 0, "the window is over");
    assert_eq!(throttle.count(other, now()).await.expect("reading works"), 0);
    throttle.forgive(key).await.expect("forgiving works");
    assert_eq!(count(0).await, 0);
}

/// A success restarts the count.
pub async fn forgiving_begins_anew(throttle: &dyn Throttle) {
    let key = ThrottleKey::of(&["a"]);
    for _ in 0..2 {
        throttle.take(key, &DELAYING, now()).await.expect("counting works").expect("free");
    }
    throttle.take(key, &DELAYING, now()).await.expect("counting works").expect_err("has to wait");
    for _ in 0..2 {
        throttle.forgive(key).await.expect("forgiving works, twice too");
    }
    assert_eq!(throttle.take(key, &DELAYING, now()).await.expect("counting works"), Ok(()));
}

/// `passed` of many tries at once under one key, by [`many_at_once_rule`]: exactly the free ones.
pub fn many_at_once_pass_by_the_rule(passed: usize) {
    assert_eq!(passed, REFUSING.free as usize);
}

/// The rule for [`many_at_once_pass_by_the_rule`].
pub fn many_at_once_rule() -> Rule {
    REFUSING
}
