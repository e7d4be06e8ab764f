//! Users of a tenant.

use crate::email::Email;
use crate::owner::{TenantId, UserId};
use crate::sha256::Sha256;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May use their own uploads.
    Customer,
    /// May use the tenant's uploads and users.
    Admin,
    /// May use the installation; created only by the command line.
    Operator,
}

/// A password's hash as a PHC string (`$argon2id$v=19$…`): it names its own algorithm, cost and salt.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(pub String);

/// A user. `user_id` is opaque; the e-mail address may change and is never part of a key or a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub role: Role,
    pub created_at: Timestamp,
    /// Unique in the tenant. A user without one cannot log in by e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A user without one cannot log in with a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<PasswordHash>,
    /// None if the password is the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_changed_at: Option<Timestamp>,
    /// A disabled user cannot log in, and has no sessions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// The last one-time token that was issued for a new password, until it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<PasswordReset>,
    /// The number of saves; 1 once created.
    #[serde(default)]
    pub version: u32,
}

/// A one-time token with which a user chooses a new password. The token itself is stored nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordReset {
    /// SHA-256 of the token.
    pub digest: Sha256,
    pub expires_at: Timestamp,
}

/// A message on queue `uploads` that erases a user with all their uploads. It is sent before anything is erased, and again
/// until late passes find nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EraseUser {
    pub tenant_id: TenantId,
    pub user_id: UserId,
    pub asked_at: Timestamp,
    /// Passes in a row, up to this one, that found no upload.
    pub quiet_passes: u32,
}

impl User {
    /// A new user without e-mail address, names and password.
    pub fn new(tenant_id: TenantId, user_id: UserId, role: Role, created_at: Timestamp) -> Self {
        User {
            tenant_id,
            user_id,
            role,
            created_at,
            email: None,
            username: None,
            name: None,
            password_hash: None,
            password_changed_at: None,
            disabled_at: None,
            reset: None,
            version: 0,
        }
    }
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Customer => "customer",
            Role::Admin => "admin",
            Role::Operator => "operator",
        }
    }

    pub fn parse(raw: &str) -> Option<Self> {
        [Role::Customer, Role::Admin, Role::Operator].into_iter().find(|role| role.as_str() == raw)
    }
}

/// Without the hash, which must not be logged.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{now, owner};

    #[test]
    fn roles_read_back_and_are_json() {
        for role in [Role::Customer, Role::Admin, Role::Operator] {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_value(role).expect("serialises"), role.as_str());
        }
        assert_eq!(Role::parse("root"), None);
    }

    #[test]
    fn a_user_without_credentials_reads_back() {
        let (tenant_id, user_id) = owner();
        let user = User::new(tenant_id, user_id, Role::Customer, now());
        let json = serde_json::to_string(&user).expect("serialises");
        assert!(!json.contains("null"), "{json}");
        assert_eq!(serde_json::from_str::<User>(&json).expect("reads back"), user);
    }

    #[test]
    fn a_hash_is_not_logged() {
        assert_eq!(format!("{:?}", PasswordHash("$argon2id$secret".into())), "PasswordHash(…)");
    }
}
