//! The people of each tenant.

use super::error::PortError;
use crate::tenant_id::TenantId;
use crate::user::User;
use crate::user_id::UserId;
use async_trait::async_trait;

/// User rows. Signing up, logging in and sessions build on this.
#[async_trait]
pub trait Users: Send + Sync {
    /// Writes a new user. `Conflict`: the tenant has one with this id.
    async fn create(&self, user: User) -> Result<(), PortError>;

    /// One user; None where the tenant has none with this id, whatever other tenants have.
    async fn get(&self, tenant: &TenantId, user: &UserId) -> Result<Option<User>, PortError>;
}
