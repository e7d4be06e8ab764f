//! Sessions in SQLite. Ending one deletes it with its tokens. Later writes delete expired rows and sealed successors that may
//! not be read any more.

use crate::clock::to_ms;
use crate::error::{sql, unreadable};
use crate::store::Store;
use crate::writer::WriteTxn;
use async_trait::async_trait;
use domain::ports::sessions::MAX_SESSIONS;
use domain::ports::{self, PortError};
use domain::session::{REPEAT_GRACE, Session, SessionKey, SessionToken, Spent};
use domain::{Sha256, TenantId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Params};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The rows of each kind that a write deletes: more than it adds.
const MAX_DELETED: i64 = 8;

#[derive(Clone)]
pub struct Sessions {
    store: Store,
}

impl Sessions {
    pub fn new(store: &Store) -> Self {
        Sessions { store: store.clone() }
    }
}

fn change(txn: &WriteTxn<'_>, statement: &str, values: impl Params) -> Result<usize, PortError> {
    txn.connection.prepare_cached(statement).and_then(|mut statement| statement.execute(values)).map_err(sql)
}

fn find<T: DeserializeOwned>(
    connection: &Connection,
    query: &str,
    key: impl Params,
) -> Result<Option<T>, PortError> {
    let json: Option<String> = connection
        .prepare_cached(query)
        .and_then(|mut select| select.query_row(key, |row| row.get(0)).optional())
        .map_err(sql)?;
    json.map(|json| serde_json::from_str(&json).map_err(unreadable)).transpose()
}

fn session(connection: &Connection, key: &SessionKey, now: Timestamp) -> Result<Option<Session>, PortError> {
    let query = "SELECT session FROM session
                 WHERE tenant_id = ?1 AND user_id = ?2 AND session_id = ?3 AND expires_at > ?4";
    let id = key.session_id.to_string();
    find(connection, query, (key.tenant_id.as_str(), key.user_id.as_str(), id, to_ms(now)))
}

fn token(
    connection: &Connection,
    digest: &Sha256,
    now: Timestamp,
) -> Result<Option<(SessionToken, Session)>, PortError> {
    let query = "SELECT token FROM session_token WHERE digest = ?1 AND expires_at > ?2";
    let Some(mut token) = find::<SessionToken>(connection, query, (digest.bytes(), to_ms(now)))? else {
        return Ok(None);
    };
    if let Some(spent) = token.spent.as_mut().filter(|spent| !spent.is_repeatable(now)) {
        spent.sealed = None;
    }
    Ok(session(connection, &token.session, now)?.map(|session| (token, session)))
}

fn put_token(txn: &WriteTxn<'_>, token: &SessionToken) -> Result<(), PortError> {
    let json = serde_json::to_string(token).map_err(unreadable)?;
    let (id, expires_at) = (token.session.session_id.to_string(), to_ms(token.expires_at));
    let insert = "INSERT INTO session_token VALUES (?1, ?2, ?3, NULL, ?4)";
    change(txn, insert, (token.digest.bytes(), id, expires_at, json)).map(drop)
}

fn begin(txn: &WriteTxn<'_>, session: &Session, token: &SessionToken) -> Result<(), PortError> {
    delete_expired(txn, session.began_at)?;
    let json = serde_json::to_string(session).map_err(unreadable)?;
    let (key, expires_at) = (&session.key, to_ms(session.expires_at));
    let id = key.session_id.to_string();
    let insert = "INSERT INTO session VALUES (?1, ?2, ?3, ?4, ?5)";
    change(txn, insert, (key.tenant_id.as_str(), key.user_id.as_str(), id, expires_at, json))?;
    put_token(txn, token)
}

fn rotate(
    txn: &WriteTxn<'_>,
    digest: &Sha256,
    spent: Spent,
    successor: &SessionToken,
    refreshed: &Session,
) -> Result<(), PortError> {
    let now = spent.at;
    let live = token(txn.connection, digest, now)?
        .filter(|(token, session)| token.spent.is_none() && session.key == refreshed.key);
    let Some((mut token, _)) = live else {
        return Err(PortError::conflict("the token is spent, or its session is over"));
    };
    let sealed_until = spent.sealed.map(|_| to_ms(crate::clock::after(now, REPEAT_GRACE)));
    token.spent = Some(spent);
    let json = serde_json::to_string(&token).map_err(unreadable)?;
    let update = "UPDATE session_token SET sealed_until = ?2, token = ?3 WHERE digest = ?1";
    change(txn, update, (digest.bytes(), sealed_until, json))?;
    put_token(txn, successor)?;
    let json = serde_json::to_string(refreshed).map_err(unreadable)?;
    let (key, expires_at) = (&refreshed.key, to_ms(refreshed.expires_at));
    let id = key.session_id.to_string();
    let update = "UPDATE session SET expires_at = ?4, session = ?5
                  WHERE tenant_id = ?1 AND user_id = ?2 AND session_id = ?3";
    change(txn, update, (key.tenant_id.as_str(), key.user_id.as_str(), id, expires_at, json))?;
    delete_expired(txn, now)
}

/// Deletes some of the expired rows, and sealed successors after their grace.
fn delete_expired(txn: &WriteTxn<'_>, now: Timestamp) -> Result<(), PortError> {
    let now = to_ms(now);
    for statement in [
        "DELETE FROM session_token WHERE digest IN
             (SELECT digest FROM session_token WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
        "DELETE FROM session WHERE (tenant_id, user_id, session_id) IN
             (SELECT tenant_id, user_id, session_id FROM session
              WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
        "UPDATE session_token SET sealed_until = NULL, token = json_set(token, '$.spent.sealed', NULL)
         WHERE digest IN
             (SELECT digest FROM session_token WHERE sealed_until < ?1 ORDER BY sealed_until LIMIT ?2)",
    ] {
        change(txn, statement, (now, MAX_DELETED))?;
    }
    Ok(())
}

fn end(txn: &WriteTxn<'_>, key: &SessionKey) -> Result<(), PortError> {
    let id = key.session_id.to_string();
    let delete = "DELETE FROM session WHERE tenant_id = ?1 AND user_id = ?2 AND session_id = ?3";
    let ended = change(txn, delete, (key.tenant_id.as_str(), key.user_id.as_str(), &id))?;
    if ended > 0 {
        change(txn, "DELETE FROM session_token WHERE session_id = ?1", [&id])?;
    }
    Ok(())
}

fn of_user(
    connection: &Connection,
    tenant: &TenantId,
    user: &UserId,
    now: Timestamp,
) -> Result<Vec<Session>, PortError> {
    let mut select = connection
        .prepare_cached(
            "SELECT session FROM session WHERE tenant_id = ?1 AND user_id = ?2 AND expires_at > ?3
             ORDER BY session_id DESC LIMIT ?4",
        )
        .map_err(sql)?;
    let key = (tenant.as_str(), user.as_str(), to_ms(now), MAX_SESSIONS);
    let rows = select.query_map(key, |row| row.get::<_, String>(0)).map_err(sql)?;
    rows.map(|json| serde_json::from_str(&json.map_err(sql)?).map_err(unreadable)).collect()
}

fn ids(txn: &WriteTxn<'_>, tenant: &TenantId, user: &UserId) -> Result<Vec<Uuid>, PortError> {
    let mut select = txn
        .connection
        .prepare_cached("SELECT session_id FROM session WHERE tenant_id = ?1 AND user_id = ?2")
        .map_err(sql)?;
    let rows =
        select.query_map((tenant.as_str(), user.as_str()), |row| row.get::<_, String>(0)).map_err(sql)?;
    rows.map(|id| Uuid::parse_str(&id.map_err(sql)?).map_err(unreadable)).collect()
}

#[async_trait]
impl ports::Sessions for Sessions {
    async fn begin(&self, session: Session, token: SessionToken) -> Result<(), PortError> {
        self.store.write(move |txn| begin(txn, &session, &token)).await
    }

    async fn get(&self, key: &SessionKey, now: Timestamp) -> Result<Option<Session>, PortError> {
        let key = key.clone();
        self.store.read(move |connection| session(connection, &key, now)).await
    }

    async fn of_user(
        &self,
        tenant: &TenantId,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<Session>, PortError> {
        let (tenant, user) = (tenant.clone(), user.clone());
        self.store.read(move |connection| of_user(connection, &tenant, &user, now)).await
    }

    async fn token(
        &self,
        digest: &Sha256,
        now: Timestamp,
    ) -> Result<Option<(SessionToken, Session)>, PortError> {
        let digest = *digest;
        self.store.read(move |connection| token(connection, &digest, now)).await
    }

    async fn rotate(
        &self,
        digest: &Sha256,
        spent: Spent,
        successor: SessionToken,
        refreshed: Session,
    ) -> Result<(), PortError> {
        let digest = *digest;
        self.store.write(move |txn| rotate(txn, &digest, spent, &successor, &refreshed)).await
    }

    async fn end(&self, key: &SessionKey) -> Result<(), PortError> {
        let key = key.clone();
        self.store.write(move |txn| end(txn, &key)).await
    }

    async fn end_all(
        &self,
        tenant: &TenantId,
        user: &UserId,
        spare: Option<Uuid>,
    ) -> Result<Vec<Uuid>, PortError> {
        let (tenant_id, user_id) = (tenant.clone(), user.clone());
        self.store
            .write(move |txn| {
                let mut ended = ids(txn, &tenant_id, &user_id)?;
                ended.retain(|id| Some(*id) != spare);
                for session_id in &ended {
                    let (tenant_id, user_id) = (tenant_id.clone(), user_id.clone());
                    end(txn, &SessionKey { tenant_id, user_id, session_id: *session_id })?;
                }
                Ok(ended)
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Options;
    use domain::fixture::{later, session};
    use ports::Sessions as _;

    async fn rows(sessions: &Sessions, query: &'static str) -> i64 {
        let read = sessions
            .store
            .read(move |connection| connection.query_row(query, [], |row| row.get(0)).map_err(sql));
        read.await.unwrap()
    }

    /// Expired rows are not only unread: they are deleted.
    #[tokio::test]
    async fn later_writes_delete_expired_rows() {
        let root = tempfile::tempdir().unwrap();
        let sessions = Sessions::new(&Store::open(root.path(), Options::default()).unwrap());
        let first = session(1);
        let token =
            |session: &Session, name: &str| SessionToken::refresh(session, Sha256::of(name.as_bytes()));
        sessions.begin(first.clone(), token(&first, "a")).await.unwrap();
        let spent = Spent { at: later(0), successor: Sha256::of(b"b"), sealed: Some([7; 32]) };
        sessions.rotate(&Sha256::of(b"a"), spent, token(&first, "b"), first.clone()).await.unwrap();
        let sealed =
            "SELECT count(*) FROM session_token WHERE json_extract(token, '$.spent.sealed') IS NOT NULL";
        assert_eq!(rows(&sessions, sealed).await, 1);
        let second = Session::begin(session(2).key, later(31));
        sessions.begin(second.clone(), token(&second, "c")).await.unwrap();
        assert_eq!(rows(&sessions, sealed).await, 0);
        let (a, _) = sessions.token(&Sha256::of(b"a"), later(31)).await.unwrap().unwrap();
        assert_eq!(a.spent.map(|spent| (spent.successor, spent.sealed)), Some((Sha256::of(b"b"), None)));
        let third = Session::begin(session(3).key, later(30 * 24 * 3600));
        sessions.begin(third.clone(), token(&third, "d")).await.unwrap();
        assert_eq!(rows(&sessions, "SELECT count(*) FROM session").await, 1);
        assert_eq!(rows(&sessions, "SELECT count(*) FROM session_token").await, 1);
    }
}
