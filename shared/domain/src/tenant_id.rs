//! Whose data it is: a tenant never sees another's.

use crate::name::{self, InvalidName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A tenant's id, chosen at signup (`6200millas`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

impl TenantId {
    /// 1 to 64 letters, digits, `.`, `_`, `-`.
    pub fn parse(raw: &str) -> Result<Self, InvalidName> {
        name::checked("tenant id", raw).map(TenantId)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidName;
    fn try_from(raw: String) -> Result<Self, InvalidName> {
        TenantId::parse(&raw)
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> String {
        id.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
