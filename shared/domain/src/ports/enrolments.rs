//! The enrolments of each tenant.

use super::error::PortError;
use crate::email::Email;
use crate::enrolment::Enrolment;
use crate::owner::{TenantId, UserId};
use async_trait::async_trait;
use jiff::Timestamp;

/// The most enrolments of one listing.
pub const MAX_ENROLMENTS: usize = 100;

/// Enrolment rows with optimistic concurrency, at most one under an address of a tenant. Nothing here scans.
#[async_trait]
pub trait Enrolments: Send + Sync {
    /// The enrolment under an address, consistently read.
    async fn get(&self, tenant: &TenantId, email: &Email) -> Result<Option<Enrolment>, PortError>;

    /// Writes an enrolment if the stored one still has its version; 0 is one that is not there. Returns it with the next
    /// version. `Conflict`: the stored one has another version, or there is none.
    async fn save(&self, enrolment: Enrolment) -> Result<Enrolment, PortError>;

    /// Deletes an enrolment. A missing one is no error. `Conflict`: the stored one has another version.
    async fn delete(&self, enrolment: &Enrolment) -> Result<(), PortError>;

    /// The enrolments that an account's token made. One that was just made MAY be missed for a moment.
    async fn of_owner(&self, tenant: &TenantId, owner: &UserId) -> Result<Vec<Enrolment>, PortError>;

    /// Enrolments of all tenants whose last use was before a moment, the longest unused first, at most `most` (1 to
    /// [`MAX_ENROLMENTS`]). A use that just was MAY be missed; deleting such an enrolment is a `Conflict`.
    async fn unused(&self, before: Timestamp, most: usize) -> Result<Vec<Enrolment>, PortError>;
}
