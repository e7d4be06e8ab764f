//! The users of each tenant.

use super::error::PortError;
use crate::email::Email;
use crate::owner::{TenantId, UserId};
use crate::user::User;
use async_trait::async_trait;

/// The most users of a page.
pub const MAX_USERS: usize = 100;

/// User rows with optimistic concurrency. Reads by id are consistent. Nothing here scans.
#[async_trait]
pub trait Users: Send + Sync {
    /// Writes a new user as version 1. `Conflict`: the tenant has, or had, one with this id, or has one with this e-mail
    /// address.
    async fn create(&self, user: User) -> Result<(), PortError>;

    /// One user; None if the tenant has none with this id, whatever other tenants have.
    async fn get(&self, tenant: &TenantId, user: &UserId) -> Result<Option<User>, PortError>;

    /// The tenant's user with this e-mail address. A user who was just created or changed MAY be missed for a moment.
    async fn by_email(&self, tenant: &TenantId, email: &Email) -> Result<Option<User>, PortError>;

    /// The tenant's users with ids behind `after`, by id in byte order, at most `most` (1 to [`MAX_USERS`]).
    async fn page(
        &self,
        tenant: &TenantId,
        after: Option<&UserId>,
        most: usize,
    ) -> Result<Vec<User>, PortError>;

    /// Writes a changed user if the stored one still has its version; returns it with the next version. `Conflict`: it
    /// has another one or does not exist, or another user of the tenant has the e-mail address.
    async fn save(&self, user: User) -> Result<User, PortError>;

    /// Creates a tenant with its first user, both or neither. `Conflict`: the tenant was founded before, or has users.
    async fn found_tenant(&self, first: User) -> Result<(), PortError>;

    /// Whether [`Users::found_tenant`] created the tenant, whatever became of its users.
    async fn is_founded(&self, tenant: &TenantId) -> Result<bool, PortError>;

    /// Puts a tombstone in the user's place: nothing but the id stays, for ever, and the e-mail address is free. Without a
    /// user the tombstone is written all the same. May be repeated. `Conflict`: the user changed meanwhile.
    async fn erase(&self, tenant: &TenantId, user: &UserId) -> Result<(), PortError>;
}
