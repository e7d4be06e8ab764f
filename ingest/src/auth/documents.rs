//! The documents that the routes of accounts answer.

use super::cookie;
use super::sessions::{ACCESS_LIFE, SessionMode, TokenPair};
use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use domain::user::{Role, User};
use domain::{Email, TenantId, Timestamp, UserId};
use serde::Serialize;

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
    /// The scheme of RFC 6750: always `Bearer`.
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

/// In cookie mode the refresh token is in `Set-Cookie` and nowhere else.
pub fn admitted(status: StatusCode, pair: TokenPair) -> Response {
    let cookie = (pair.mode == SessionMode::Cookie).then(|| cookie::set(&pair.refresh_token));
    let document = TokenDocument::from(pair);
    let mut response = (status, [(CACHE_CONTROL, "no-store")], Json(document)).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
