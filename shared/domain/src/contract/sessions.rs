//! The contract of [`crate::ports::Sessions`].

use crate::fixture::{later, now, session};
use crate::ports::sessions::MAX_SESSIONS;
use crate::ports::{PortErrorKind, Sessions};
use crate::session::{REPEAT_GRACE, SESSION_IDLE, Session, SessionToken, Spent, TokenKind};
use crate::sha256::Sha256;
use jiff::Timestamp;
use uuid::Uuid;

const SECRET: [u8; 32] = [7; 32];

fn digest(name: &str) -> Sha256 {
    Sha256::of(name.as_bytes())
}

async fn begun(sessions: &dyn Sessions, number: u128, token: &str) -> Session {
    let session = session(number);
    let token = SessionToken::refresh(&session, digest(token));
    sessions.begin(session.clone(), token).await.expect("beginning works");
    session
}

fn spent(successor: &str, at: Timestamp) -> Spent {
    Spent { at, successor: digest(successor), sealed: Some(SECRET) }
}

async fn rotate(
    sessions: &dyn Sessions,
    session: &Session,
    (from, to): (&str, &str),
    at: Timestamp,
) -> Result<(), PortErrorKind> {
    let refreshed = session.refreshed(at);
    let successor = SessionToken::refresh(&refreshed, digest(to));
    let rotated = sessions.rotate(&digest(from), spent(to, at), successor, refreshed).await;
    rotated.map_err(|error| error.kind)
}

async fn token(sessions: &dyn Sessions, name: &str, at: Timestamp) -> Option<(SessionToken, Session)> {
    sessions.token(&digest(name), at).await.expect("reading works")
}

/// A session and its token read back until they expire, stored or not.
pub async fn what_expired_is_not_there(sessions: &dyn Sessions) {
    let session = begun(sessions, 1, "first").await;
    let (just_before, end) = (later(SESSION_IDLE.as_secs() - 1), later(SESSION_IDLE.as_secs()));
    for (at, there) in [(now(), true), (just_before, true), (end, false)] {
        let read = sessions.get(&session.key, at).await.expect("reading works");
        assert_eq!(read, there.then(|| session.clone()), "{at}");
        let expected = there.then(|| (SessionToken::refresh(&session, digest("first")), session.clone()));
        assert_eq!(token(sessions, "first", at).await, expected, "{at}");
    }
    assert_eq!(rotate(sessions, &session, ("first", "second"), end).await, Err(PortErrorKind::Conflict));
    assert_eq!(token(sessions, "unknown", now()).await, None);
}

/// Ids and digests are used once; a failed beginning leaves nothing.
pub async fn a_beginning_is_whole(sessions: &dyn Sessions) {
    let first = begun(sessions, 1, "first").await;
    let token_of = |session: &Session, name| SessionToken::refresh(session, digest(name));
    let same_id = sessions.begin(first.clone(), token_of(&first, "other")).await;
    assert_eq!(same_id.expect_err("the id is taken").kind, PortErrorKind::Conflict);
    assert_eq!(token(sessions, "other", now()).await, None);
    let second = session(2);
    let same_token = sessions.begin(second.clone(), token_of(&second, "first")).await;
    assert_eq!(same_token.expect_err("the digest is taken").kind, PortErrorKind::Conflict);
    assert_eq!(sessions.get(&second.key, now()).await.expect("reading works"), None);
}

/// A token is spent once; the spent one names its successor, and the session is refreshed.
pub async fn a_token_is_spent_once(sessions: &dyn Sessions) {
    let session = begun(sessions, 1, "first").await;
    assert_eq!(rotate(sessions, &session, ("first", "second"), later(60)).await, Ok(()));
    assert_eq!(rotate(sessions, &session, ("first", "third"), later(60)).await, Err(PortErrorKind::Conflict));
    assert_eq!(token(sessions, "third", later(60)).await, None);
    let (old, refreshed) = token(sessions, "first", later(60)).await.expect("a spent token is there");
    assert_eq!(old.spent, Some(spent("second", later(60))));
    assert_eq!(refreshed, session.refreshed(later(60)));
    let (new, _) = token(sessions, "second", later(60)).await.expect("its successor is there");
    assert_eq!(new, SessionToken::refresh(&refreshed, digest("second")));
    assert_eq!(
        rotate(sessions, &session, ("unknown", "fourth"), later(60)).await,
        Err(PortErrorKind::Conflict)
    );
    assert_eq!(
        rotate(sessions, &session, ("second", "first"), later(61)).await,
        Err(PortErrorKind::Conflict)
    );
    let (second, _) = token(sessions, "second", later(61)).await.expect("it is there still");
    assert_eq!(second.spent, None, "a rotation that failed changed nothing");
}

/// The sealed successor is forgotten when its time is over; that the token was spent is not.
pub async fn a_sealed_successor_is_forgotten(sessions: &dyn Sessions) {
    let session = begun(sessions, 1, "first").await;
    assert_eq!(rotate(sessions, &session, ("first", "second"), now()).await, Ok(()));
    let grace = REPEAT_GRACE.as_secs();
    for (seconds, expected) in [(0, Some(SECRET)), (grace, Some(SECRET)), (grace + 1, None)] {
        let (first, _) = token(sessions, "first", later(seconds)).await.expect("a spent token is there");
        let spent = first.spent.expect("it is spent");
        assert_eq!((spent.successor, spent.sealed), (digest("second"), expected), "{seconds} s");
    }
}

/// Kinds of tokens are kept apart.
pub async fn kinds_read_back(sessions: &dyn Sessions) {
    let session = session(1);
    let refresh = SessionToken::refresh(&session, digest("opaque"));
    let opaque = SessionToken { kind: TokenKind::Access, expires_at: later(3600), ..refresh };
    sessions.begin(session.clone(), opaque.clone()).await.expect("beginning works");
    assert_eq!(token(sessions, "opaque", now()).await, Some((opaque, session)));
    assert_eq!(token(sessions, "opaque", later(3600)).await, None);
    let session = self::session(2);
    let refresh = SessionToken::refresh(&session, digest("cookie"));
    let cookie = SessionToken { kind: TokenKind::Cookie, ..refresh };
    sessions.begin(session.clone(), cookie.clone()).await.expect("beginning works");
    assert_eq!(token(sessions, "cookie", now()).await, Some((cookie, session)));
}

/// An ended session is gone with its tokens, and nothing brings it back.
pub async fn an_ended_session_stays_ended(sessions: &dyn Sessions) {
    let session = begun(sessions, 1, "first").await;
    let other = begun(sessions, 2, "other").await;
    for _ in 0..2 {
        sessions.end(&session.key).await.expect("ending works, twice too");
    }
    assert_eq!(sessions.get(&session.key, now()).await.expect("reading works"), None);
    assert_eq!(token(sessions, "first", now()).await, None);
    assert_eq!(rotate(sessions, &session, ("first", "second"), now()).await, Err(PortErrorKind::Conflict));
    assert_eq!(sessions.get(&session.key, now()).await.expect("reading works"), None);
    assert_eq!(sessions.get(&other.key, now()).await.expect("reading works"), Some(other));
}

/// A user's live sessions are listed, the last begun first; expired ones take no place in the list.
pub async fn a_user_has_their_sessions_listed(sessions: &dyn Sessions) {
    let of = |at: Timestamp| {
        let key = session(1).key;
        async move {
            let listed = sessions.of_user(&key.tenant_id, &key.user_id, at).await.expect("reading works");
            listed.into_iter().map(|session| session.key.session_id.as_u128()).collect::<Vec<_>>()
        }
    };
    assert!(of(now()).await.is_empty());
    for number in 1..=MAX_SESSIONS as u128 + 2 {
        begun(sessions, number, &number.to_string()).await;
    }
    let mut stranger = session(1000);
    stranger.key.user_id = crate::owner::UserId::parse("bea").expect("a legal id");
    let token = SessionToken::refresh(&stranger, digest("stranger"));
    sessions.begin(stranger, token).await.expect("beginning works");
    let newest: Vec<u128> = (3..=MAX_SESSIONS as u128 + 2).rev().collect();
    assert_eq!(of(now()).await, newest);
    // All but two expire.
    for number in [1, 7] {
        let session = session(number);
        let next = format!("{number} again");
        assert_eq!(rotate(sessions, &session, (&number.to_string(), &next), later(60)).await, Ok(()));
    }
    assert_eq!(of(later(SESSION_IDLE.as_secs())).await, [7, 1]);
    assert!(of(later(SESSION_IDLE.as_secs() + 60)).await.is_empty());
}

/// All of a user's sessions end but the spared one; those of other users do not.
pub async fn all_of_a_user_end(sessions: &dyn Sessions) {
    let mine = [begun(sessions, 1, "a").await, begun(sessions, 2, "b").await, begun(sessions, 3, "c").await];
    let mut stranger = session(4);
    stranger.key.user_id = crate::owner::UserId::parse("bea").expect("a legal id");
    let token = SessionToken::refresh(&stranger, digest("d"));
    sessions.begin(stranger.clone(), token).await.expect("beginning works");
    let key = &mine[0].key;
    let end = |spare| sessions.end_all(&key.tenant_id, &key.user_id, spare);
    let mut ended = end(Some(Uuid::from_u128(2))).await.expect("ending works");
    ended.sort();
    assert_eq!(ended, [Uuid::from_u128(1), Uuid::from_u128(3)]);
    for (session, there) in [(&mine[0], false), (&mine[1], true), (&mine[2], false), (&stranger, true)] {
        let read = sessions.get(&session.key, now()).await.expect("reading works");
        assert_eq!(read.is_some(), there, "{:?}", session.key);
    }
    assert_eq!(end(None).await.expect("ending works"), [Uuid::from_u128(2)]);
    assert!(end(None).await.expect("ending works").is_empty());
}
