//! The documents that the routes of accounts answer.

use super::sessions::{ACCESS_LIFE, TokenPair};
use domain::user::{Role, User};
use domain::{Email, TenantId, Timestamp, UserId};
use serde::Serialize;

/// Where a client keeps its refresh token. Neither kind of token is accepted as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionMode {
    /// In its own hands: it is part of the answer, and is sent as Bearer or in the body.
    Token,
    /// In a cookie that scripts of the page cannot read.
    Cookie,
}

#[derive(Clone, Debug, Serialize)]
pub struct UserDocument {
    pub id: UserId,
    pub tenant_id: TenantId,
    pub email: Option<Email>,
    pub username: Option<String>,
    pub name: Option<String>,
    pub role: Role,
    pub created_at: Timestamp,
}

/// The answer to a signup, a login or a refresh.
#[derive(Debug, Serialize)]
pub struct TokenDocument {
    pub access_token: String,
    /// None where it is in the cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The tokens again, as older clients read them; never to the page.
    #[serde(flatten)]
    pub older_spelling: Option<OlderSpelling>,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    pub role: Role,
    pub user: UserDocument,
}

#[derive(Debug, Serialize)]
pub struct OlderSpelling {
    #[serde(rename = "accessToken")]
    pub access_token: String,
    /// The access token once more.
    pub token: String,
    #[serde(rename = "refreshToken")]
    pub refresh_token: String,
}

impl From<User> for UserDocument {
    fn from(user: User) -> Self {
        let User { tenant_id, user_id: id, role, created_at, email, username, name, .. } = user;
        UserDocument { id, tenant_id, email, username, name, role, created_at }
    }
}

impl From<TokenPair> for TokenDocument {
    fn from(pair: TokenPair) -> Self {
        let TokenPair { user, mode, access_token, refresh_token } = pair;
        let is_kept = mode == SessionMode::Token;
        let older_spelling = is_kept.then(|| OlderSpelling {
            access_token: access_token.clone(),
            token: access_token.clone(),
            refresh_token: refresh_token.clone(),
        });
        TokenDocument {
            access_token,
            refresh_token: is_kept.then_some(refresh_token),
            older_spelling,
            token_type: "Bearer",
            expires_in: ACCESS_LIFE.as_secs(),
            role: user.role,
            user: user.into(),
        }
    }
}
