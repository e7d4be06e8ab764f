//! Who, within a tenant. An opaque id, never an e-mail address: it stands in object keys and logs.

use crate::name::{self, InvalidName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A user's id; unique within its tenant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

impl UserId {
    /// 1 to 64 letters, digits, `.`, `_`, `-`.
    pub fn parse(raw: &str) -> Result<Self, InvalidName> {
        name::checked("user id", raw).map(UserId)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for UserId {
    type Error = InvalidName;
    fn try_from(raw: String) -> Result<Self, InvalidName> {
        UserId::parse(&raw)
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> String {
        id.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
