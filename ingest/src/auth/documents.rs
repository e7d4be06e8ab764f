//! The documents of accounts: what requests are described by, and what is answered.

use super::sessions::{ACCESS_LIFE, TokenPair};
use crate::http::words;
use domain::user::{Role, User};
use domain::{Email, TenantId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// Keys may also be capitalised, as older clients write them: `Email`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "fields are read in two spellings")]
pub struct SignupFields {
    #[schema(example = "ana@example.org")]
    email: String,
    #[schema(min_length = 8, example = "Secreta123")]
    password: String,
    #[schema(max_length = 100)]
    username: Option<String>,
    #[schema(max_length = 100)]
    name: Option<String>,
    tenant_id: Option<String>,
    #[schema(value_type = Option<words::UserRole>)]
    role: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "fields are read in two spellings")]
pub struct LoginFields {
    #[schema(example = "ana@example.org")]
    email: String,
    #[schema(example = "Secreta123")]
    password: String,
    tenant_id: Option<String>,
}

/// Without it the refresh token is the Bearer.
#[derive(ToSchema)]
#[expect(dead_code, reason = "fields are read in three spellings")]
pub struct RefreshFields {
    refresh_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct UserDocument {
    #[schema(value_type = words::Moment)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>)]
    email: Option<Email>,
    #[schema(value_type = String)]
    id: UserId,
    name: Option<String>,
    #[schema(value_type = words::UserRole)]
    role: Role,
    #[schema(value_type = String)]
    tenant_id: TenantId,
    username: Option<String>,
}

/// Each token in both spellings: `access_token`, and `accessToken` and `token` as older clients read it.
#[derive(Serialize, ToSchema)]
pub struct TokenDocument {
    #[serde(rename = "accessToken")]
    access_token_of_older_clients: String,
    access_token: String,
    /// Seconds until the access token expires.
    #[schema(example = 900)]
    expires_in: u64,
    #[serde(rename = "refreshToken")]
    refresh_token_of_older_clients: String,
    refresh_token: String,
    #[schema(value_type = words::UserRole)]
    role: Role,
    token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    user: UserDocument,
}

/// Public keys as a JSON Web Key Set (RFC 7517).
#[derive(ToSchema)]
#[expect(dead_code, reason = "the keys are written where they are made")]
pub struct PublicKeys {
    #[schema(value_type = Vec<Object>)]
    keys: Vec<()>,
}

impl From<&User> for UserDocument {
    fn from(user: &User) -> Self {
        UserDocument {
            created_at: user.created_at,
            email: user.email.clone(),
            id: user.user_id.clone(),
            name: user.name.clone(),
            role: user.role,
            tenant_id: user.tenant_id.clone(),
            username: user.username.clone(),
        }
    }
}

impl From<&TokenPair> for TokenDocument {
    fn from(pair: &TokenPair) -> Self {
        TokenDocument {
            access_token_of_older_clients: pair.access_token.clone(),
            access_token: pair.access_token.clone(),
            expires_in: ACCESS_LIFE.as_secs(),
            refresh_token_of_older_clients: pair.refresh_token.clone(),
            refresh_token: pair.refresh_token.clone(),
            role: pair.user.role,
            token: pair.access_token.clone(),
            token_type: "Bearer",
            user: UserDocument::from(&pair.user),
        }
    }
}
