//! Sessions in DynamoDB. Ending one deletes its item; its tokens are void without it. Expired items count as missing, whether
//! DynamoDB has deleted them yet or not.

use crate::clients::Clients;
use crate::error::unreadable;
use crate::items::{self, Condition, Item, Items, Range, expiry, item, text, text_of};
use crate::tables::{EXPIRY, Table};
use async_trait::async_trait;
use domain::ports::sessions::MAX_SESSIONS;
use domain::ports::{self, PortError};
use domain::session::{REPEAT_GRACE, Session, SessionKey, SessionToken, Spent};
use domain::{Sha256, TenantId, Timestamp, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use settings::Resources;
use uuid::Uuid;

const SESSION: &str = "session#";
/// The sessions of a user that one query reads.
const PAGE: usize = 100;

#[derive(Clone)]
pub struct Sessions {
    sessions: Items,
}

impl Sessions {
    pub fn new(clients: &Clients, resources: &Resources) -> Self {
        Sessions { sessions: Items::new(clients, resources, Table::Sessions) }
    }

    async fn find<T: DeserializeOwned>(&self, key: Item) -> Result<Option<T>, PortError> {
        let found = self.sessions.get(key).await?;
        found.map(|item| serde_json::from_str(text_of(&item, "value")?).map_err(unreadable)).transpose()
    }

    /// One query of a user's sessions behind `after`, and where the next one begins.
    async fn page(
        &self,
        (tenant, user): (&TenantId, &UserId),
        after: Option<Item>,
        is_backwards: bool,
    ) -> Result<(Vec<Session>, Option<Item>), PortError> {
        let condition = Condition::new("#of = :of AND begins_with(#name, :session)")
            .with(":of", text(format!("user#{tenant}#{user}")))
            .with(":session", text(SESSION));
        let range = Range { condition, after, most: PAGE, is_backwards, ..Range::default() };
        let (items, more) = self.sessions.query(range).await?;
        let read = |item| serde_json::from_str(text_of(item, "value")?).map_err(unreadable);
        let sessions: Vec<Session> = items.iter().map(read).collect::<Result<_, PortError>>()?;
        let last = sessions.last().filter(|_| more).map(|session| session_key(&session.key));
        Ok((sessions, last))
    }

    /// The sealed successor of a token: an item of its own, so that it expires by itself.
    async fn sealed(&self, digest: &Sha256) -> Result<Option<[u8; 32]>, PortError> {
        self.find(sealed_key(digest)).await
    }
}

fn session_key(key: &SessionKey) -> Item {
    let (tenant, user, id) = (&key.tenant_id, &key.user_id, key.session_id);
    item([("of", text(format!("user#{tenant}#{user}"))), ("name", text(format!("{SESSION}{id}")))])
}

fn token_key(digest: &Sha256) -> Item {
    item([("of", text(format!("token#{}", hex::encode(digest.bytes())))), ("name", text("token"))])
}

fn sealed_key(digest: &Sha256) -> Item {
    item([("of", text(format!("token#{}", hex::encode(digest.bytes())))), ("name", text("sealed"))])
}

fn with_value(mut key: Item, value: &impl Serialize, expires_at: Timestamp) -> Result<Item, PortError> {
    key.insert("value".into(), text(serde_json::to_string(value).map_err(unreadable)?));
    key.insert(EXPIRY.into(), expiry(expires_at));
    Ok(key)
}

fn session_item(session: &Session) -> Result<Item, PortError> {
    with_value(session_key(&session.key), session, session.expires_at)
}

fn token_item(token: &SessionToken) -> Result<Item, PortError> {
    with_value(token_key(&token.digest), token, token.expires_at)
}

fn is_new() -> Condition {
    Condition::new("attribute_not_exists(#name)")
}

#[async_trait]
impl ports::Sessions for Sessions {
    async fn begin(&self, session: Session, token: SessionToken) -> Result<(), PortError> {
        let writes = vec![
            self.sessions.putting(session_item(&session)?, is_new())?,
            self.sessions.putting(token_item(&token)?, is_new())?,
        ];
        let written = items::transact(&self.sessions.client, writes).await?;
        written.map_err(|_| PortError::conflict("the session or the token is there"))
    }

    async fn get(&self, key: &SessionKey, now: Timestamp) -> Result<Option<Session>, PortError> {
        let session: Option<Session> = self.find(session_key(key)).await?;
        Ok(session.filter(|session| session.expires_at > now))
    }

    async fn of_user(
        &self,
        tenant: &TenantId,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<Session>, PortError> {
        let (mut live, mut after) = (Vec::new(), None);
        loop {
            let (sessions, next) = self.page((tenant, user), after, true).await?;
            live.extend(sessions.into_iter().filter(|session| session.expires_at > now));
            after = next;
            if after.is_none() || live.len() >= MAX_SESSIONS {
                live.truncate(MAX_SESSIONS);
                return Ok(live);
            }
        }
    }

    async fn token(
        &self,
        digest: &Sha256,
        now: Timestamp,
    ) -> Result<Option<(SessionToken, Session)>, PortError> {
        let found: Option<SessionToken> = self.find(token_key(digest)).await?;
        let Some(mut token) = found.filter(|token| token.expires_at > now) else { return Ok(None) };
        if let Some(spent) = token.spent.as_mut().filter(|spent| spent.is_repeatable(now)) {
            spent.sealed = self.sealed(digest).await?;
        }
        Ok(self.get(&token.session, now).await?.map(|session| (token, session)))
    }

    async fn rotate(
        &self,
        digest: &Sha256,
        spent: Spent,
        successor: SessionToken,
        refreshed: Session,
    ) -> Result<(), PortError> {
        let live = self.token(digest, spent.at).await?;
        let live = live.filter(|(token, session)| token.spent.is_none() && session.key == refreshed.key);
        let Some((token, _)) = live else {
            return Err(PortError::conflict("the token is spent, or its session is over"));
        };
        let sealed_until = spent.at.checked_add(REPEAT_GRACE).unwrap_or(Timestamp::MAX);
        let sealed = spent.sealed;
        let spent = SessionToken { spent: Some(Spent { sealed: None, ..spent }), ..token };
        let mut spent_item = token_item(&spent)?;
        spent_item.insert("is_spent".into(), text("yes"));
        let mut writes = vec![
            self.sessions.putting(
                spent_item,
                Condition::new("attribute_exists(#name) AND attribute_not_exists(is_spent)"),
            )?,
            self.sessions.putting(token_item(&successor)?, is_new())?,
            self.sessions.putting(session_item(&refreshed)?, Condition::new("attribute_exists(#name)"))?,
        ];
        if let Some(sealed) = sealed {
            let item = with_value(sealed_key(digest), &sealed, sealed_until)?;
            writes.push(self.sessions.replacing(item)?);
        }
        let written = items::transact(&self.sessions.client, writes).await?;
        written
            .map_err(|_| PortError::conflict("the token is spent, its session over, or its successor there"))
    }

    async fn end(&self, key: &SessionKey) -> Result<(), PortError> {
        self.sessions.delete(session_key(key), None).await
    }

    async fn end_all(
        &self,
        tenant: &TenantId,
        user: &UserId,
        spare: Option<Uuid>,
    ) -> Result<Vec<Uuid>, PortError> {
        let (mut ended, mut after) = (Vec::new(), None);
        loop {
            let (sessions, next) = self.page((tenant, user), after, false).await?;
            let mut keys = Vec::new();
            for session in sessions.into_iter().filter(|session| Some(session.key.session_id) != spare) {
                keys.push(session_key(&session.key));
                ended.push(session.key.session_id);
            }
            self.sessions.write_all(Vec::new(), keys).await?;
            after = next;
            if after.is_none() {
                return Ok(ended);
            }
        }
    }
}
