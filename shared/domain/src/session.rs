//! Sessions, which begin with a login, and the tokens that extend them.

use crate::owner::{TenantId, UserId};
use crate::sha256::Sha256;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// The longest life of a session, however often it is refreshed.
pub const SESSION_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a session lives after its last refresh.
pub const SESSION_IDLE: Duration = Duration::from_secs(7 * 24 * 3600);
/// The life of an opaque access token, and of its session.
pub const OPAQUE_LIFE: Duration = Duration::from_secs(3600);
/// How long a spent token still gets its successor, because the answer may have been lost.
pub const REPEAT_GRACE: Duration = Duration::from_secs(30);

/// The id of a session below its user, so that all sessions of a user are found without an index.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionKey {
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub session_id: Uuid,
}

/// A session that has not been ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub key: SessionKey,
    pub began_at: Timestamp,
    pub refreshed_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The use of a session token. One kind is never accepted as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Is exchanged for a new pair of tokens, once.
    Refresh,
    /// As `Refresh`, and only from the cookie of the page.
    Cookie,
    /// Gives access, as an opaque token.
    Access,
}

/// A token of a session. The token itself is stored nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionToken {
    /// SHA-256 of the token.
    pub digest: Sha256,
    pub kind: TokenKind,
    pub session: SessionKey,
    pub expires_at: Timestamp,
    pub spent: Option<Spent>,
}

/// The exchange of a refresh token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    pub at: Timestamp,
    /// SHA-256 of the new token.
    pub successor: Sha256,
    /// The new token, sealed under a key that is derived from the spent one; None after [`REPEAT_GRACE`].
    pub sealed: Option<[u8; 32]>,
}

impl Session {
    pub fn begin(key: SessionKey, now: Timestamp) -> Self {
        Session { key, began_at: now, refreshed_at: now, expires_at: later(now, SESSION_IDLE) }
    }

    /// A session of an opaque access token, which is not refreshed.
    pub fn opaque(key: SessionKey, now: Timestamp) -> Self {
        Session { expires_at: later(now, OPAQUE_LIFE), ..Session::begin(key, now) }
    }

    /// The session refreshed now: its idle time restarts, its life does not.
    pub fn refreshed(&self, now: Timestamp) -> Self {
        let expires_at = later(now, SESSION_IDLE).min(later(self.began_at, SESSION_LIFE));
        Session { refreshed_at: now, expires_at, ..self.clone() }
    }
}

impl SessionToken {
    /// A refresh token that expires with the session.
    pub fn refresh(session: &Session, digest: Sha256) -> Self {
        SessionToken {
            digest,
            kind: TokenKind::Refresh,
            session: session.key.clone(),
            expires_at: session.expires_at,
            spent: None,
        }
    }
}

impl Spent {
    /// Whether the spent token may still get its successor.
    pub fn is_repeatable(&self, now: Timestamp) -> bool {
        now <= later(self.at, REPEAT_GRACE)
    }
}

/// `moment + duration`, at most the calendar's end.
fn later(moment: Timestamp, duration: Duration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// Never the sealed token.
impl fmt::Debug for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spent")
            .field("at", &self.at)
            .field("successor", &self.successor)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn idle_time_begins_anew_and_life_does_not() {
        let mut session = fixture::session(1);
        assert_eq!(session.expires_at, fixture::now() + 7 * DAY);
        for (day, expires) in [(6, 13), (12, 19), (18, 25), (24, 30), (29, 30)] {
            session = session.refreshed(fixture::now() + day * DAY);
            assert_eq!(session.expires_at, fixture::now() + expires * DAY, "day {day}");
        }
    }

    #[test]
    fn a_repeat_is_forgiven_for_half_a_minute() {
        let spent = Spent { at: fixture::now(), successor: Sha256::of(b"next"), sealed: None };
        for (seconds, expected) in [(0, true), (30, true), (31, false)] {
            assert_eq!(spent.is_repeatable(fixture::later(seconds)), expected, "{seconds} s");
        }
    }
}
