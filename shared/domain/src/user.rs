//! A person of a tenant.

use crate::tenant_id::TenantId;
use crate::user_id::UserId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Own uploads.
    Customer,
    /// The tenant's uploads and people.
    Admin,
    /// The installation; made only by the command line.
    Operator,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)] // each name is its own meaning
pub struct User {
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub role: Role,
    pub created_at: Timestamp,
}
