//! Sessions and the digests of their tokens.

use super::error::PortError;
use crate::owner::{TenantId, UserId};
use crate::session::{Session, SessionKey, SessionToken, Spent};
use crate::sha256::Sha256;
use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

/// The most sessions that [`Sessions::of_user`] lists.
pub const MAX_SESSIONS: usize = 100;

/// Sessions and their tokens. Reads are consistent, so that the end of a session takes effect at once. Sessions
/// and tokens that have expired at `now` do not exist, whether their rows are still stored or not. Nothing here scans.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Writes a session with its first token, both or neither. `Conflict`: one of them exists.
    async fn begin(&self, session: Session, token: SessionToken) -> Result<(), PortError>;

    /// A session; None if it was ended.
    async fn get(&self, key: &SessionKey, now: Timestamp) -> Result<Option<Session>, PortError>;

    /// A user's sessions, by id from the greatest down, so that those that began last come first; at most [`MAX_SESSIONS`].
    async fn of_user(
        &self,
        tenant: &TenantId,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<Session>, PortError>;

    /// A token, spent or not, with its session; None if either does not exist. A sealed successor MUST NOT be read
    /// after [`crate::session::REPEAT_GRACE`].
    async fn token(
        &self,
        digest: &Sha256,
        now: Timestamp,
    ) -> Result<Option<(SessionToken, Session)>, PortError>;

    /// Spends the token with this digest for `successor` and writes the refreshed session, all or nothing, at
    /// `spent.at`. Of two calls for one token, one wins. `Conflict`: the token is spent or does not exist, its session does not,
    /// or a token with the successor's digest does.
    async fn rotate(
        &self,
        digest: &Sha256,
        spent: Spent,
        successor: SessionToken,
        refreshed: Session,
    ) -> Result<(), PortError>;

    /// Ends a session and with it all its tokens. A missing session is no error.
    async fn end(&self, key: &SessionKey) -> Result<(), PortError>;

    /// Ends all sessions of a user but `spare`; returns which.
    async fn end_all(
        &self,
        tenant: &TenantId,
        user: &UserId,
        spare: Option<Uuid>,
    ) -> Result<Vec<Uuid>, PortError>;
}
