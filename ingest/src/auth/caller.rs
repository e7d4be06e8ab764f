//! The caller behind a request, and how he is told from a bearer token.

use async_trait::async_trait;
use domain::ports::PortError;
use domain::user::Role;
use domain::{TenantId, UserId};
use uuid::Uuid;

/// Who is calling, in which session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// His tenant; he sees nothing of another.
    pub tenant_id: TenantId,
    /// He, within his tenant.
    pub user_id: UserId,
    /// What he may do.
    pub role: Role,
    /// The session that the token belongs to: ending it ends the token.
    pub session_id: Uuid,
}

/// Why a token tells no caller.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Forged, expired, of another kind, or its session has ended. One answer for all of them.
    #[error("the token is not valid")]
    Invalid,
    /// It could not be looked up.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Tells callers from bearer tokens.
#[async_trait]
pub trait Authenticate: Send + Sync {
    /// The caller of a bearer token. `fresh`: look his session up now, not in a cache (writes, admin routes, erasure).
    async fn caller(&self, bearer: &str, fresh: bool) -> Result<Caller, AuthError>;
}
