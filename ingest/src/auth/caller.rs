//! The caller of a request, and the port that finds the caller of a bearer token.

use async_trait::async_trait;
use domain::ports::PortError;
use domain::user::Role;
use domain::{TenantId, UserId};
use uuid::Uuid;

/// A user in one of their sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The only tenant whose data the caller sees.
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub role: Role,
    /// Ending this session ends the token.
    pub session_id: Uuid,
}

#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Forged, expired, of another kind, or its session has ended: one answer for all of them.
    #[error("the token is not valid")]
    Invalid,
    #[error(transparent)]
    Port(#[from] PortError),
}

#[async_trait]
pub trait Authenticate: Send + Sync {
    /// The caller of a bearer token. `fresh` reads the session from the store instead of a cache; writes, admin routes and
    /// erasure ask for that.
    async fn caller(&self, bearer: &str, fresh: bool) -> Result<Caller, AuthError>;
}
