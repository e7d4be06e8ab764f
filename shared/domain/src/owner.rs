//! Owners: a tenant and a user within it. Their ids share one alphabet, which is safe in object keys, logs and URLs.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// A tenant's id, chosen at signup (`6200millas`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// A user's id, unique within its tenant. It is opaque, never an e-mail address: it is part of object keys and logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

/// A text that is not an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} {raw:?}: 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit")]
pub struct InvalidName {
    what: &'static str,
    raw: String,
}

macro_rules! id {
    ($id:ident, $what:literal) => {
        impl $id {
            /// 1 to 64 letters, digits, `.`, `_`, `-`, beginning with a letter or digit.
            pub fn parse(raw: &str) -> Result<Self, InvalidName> {
                checked($what, raw).map($id)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $id {
            type Error = InvalidName;
            fn try_from(raw: String) -> Result<Self, InvalidName> {
                $id::parse(&raw)
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> String {
                id.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(TenantId, "tenant id");
id!(UserId, "user id");

impl UserId {
    /// The id of a new user: a UUID that sorts by the time of its making.
    pub fn fresh() -> Self {
        UserId(Uuid::now_v7().to_string())
    }
}

fn checked(what: &'static str, raw: &str) -> Result<String, InvalidName> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let begins_well = raw.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins_well && raw.len() <= 64 && raw.chars().all(legal) {
        return Ok(raw.to_owned());
    }
    Err(InvalidName { what, raw: raw.chars().take(80).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_id_is_legal_and_of_its_own() {
        let id = UserId::fresh();
        assert_eq!(UserId::parse(id.as_str()), Ok(id.clone()));
        assert_ne!(UserId::fresh(), id);
    }

    #[test]
    fn only_safe_names_pass() {
        for good in ["a", "6200millas", "018f-4c2a", "a.b_c-d", &"x".repeat(64)] {
            assert_eq!(TenantId::parse(good).map(String::from).as_deref(), Ok(good));
            assert_eq!(UserId::parse(good).map(String::from).as_deref(), Ok(good));
        }
        for bad in ["", ".", "..", "-a", "a/b", "a b", "a\0", "ä", "a@b", "a#b", &"x".repeat(65)] {
            assert!(TenantId::parse(bad).is_err() && UserId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
