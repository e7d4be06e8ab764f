//! Which sessions were live a moment ago, so that not every request asks.

use domain::Timestamp;
use domain::session::{Session, SessionKey};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// For so long an answer counts. A session that another process ended is live here for no longer.
const TRUSTED: Duration = Duration::from_secs(30);
/// Sessions remembered at most.
const MAX_SESSIONS: usize = 10_000;

/// Sessions that were live when last asked after.
#[derive(Default)]
pub struct LiveSessions {
    until: Mutex<HashMap<SessionKey, Timestamp>>,
}

impl LiveSessions {
    /// Whether the session was live within the last half minute and has not expired since.
    pub fn knows(&self, key: &SessionKey, now: Timestamp) -> bool {
        self.locked().get(key).is_some_and(|until| now < *until)
    }

    /// The session is live now.
    pub fn remember(&self, session: &Session, now: Timestamp) {
        let mut until = self.locked();
        if until.len() >= MAX_SESSIONS {
            until.retain(|_, until| now < *until);
        }
        if until.len() >= MAX_SESSIONS {
            until.clear();
        }
        let trusted = now.checked_add(TRUSTED).unwrap_or(Timestamp::MAX);
        until.insert(session.key.clone(), trusted.min(session.expires_at));
    }

    /// The session has ended.
    pub fn forget(&self, key: &SessionKey) {
        self.locked().remove(key);
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<SessionKey, Timestamp>> {
        self.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture::{later, now, session};

    #[test]
    fn an_answer_counts_for_half_a_minute() {
        let live = LiveSessions::default();
        let key = session(1).key;
        assert!(!live.knows(&key, now()));
        live.remember(&session(1), now());
        for (seconds, expected) in [(0, true), (29, true), (30, false)] {
            assert_eq!(live.knows(&key, later(seconds)), expected, "{seconds} s");
        }
        live.forget(&key);
        assert!(!live.knows(&key, now()));
    }

    #[test]
    fn an_expiry_counts_before_that() {
        let live = LiveSessions::default();
        let session = Session { expires_at: later(10), ..session(1) };
        live.remember(&session, now());
        assert!(live.knows(&session.key, later(9)) && !live.knows(&session.key, later(10)));
    }

    #[test]
    fn memory_is_bounded() {
        let live = LiveSessions::default();
        for number in 0..=MAX_SESSIONS as u128 {
            live.remember(&session(number), now());
        }
        assert!(live.locked().len() <= MAX_SESSIONS);
        assert!(live.knows(&session(MAX_SESSIONS as u128).key, now()));
    }
}
