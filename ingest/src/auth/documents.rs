//! The documents that the routes of accounts answer.

use super::cookie;
use super::sessions::{ACCESS_LIFE, SessionMode, TokenPair};
use crate::http::words;
use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use domain::user::{Role, User};
use domain::{Email, TenantId, Timestamp, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// The keys `Email`, `Password`, `Username`, `Name`, `TenantId` and `Role` mean the same.
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
    session: Option<SessionKind>,
}

/// The keys `Email`, `Password` and `TenantId` mean the same.
#[derive(ToSchema)]
#[expect(dead_code, reason = "fields are read in two spellings")]
pub struct LoginFields {
    #[schema(example = "ana@example.org")]
    email: String,
    #[schema(example = "Secreta123")]
    password: String,
    tenant_id: Option<String>,
    session: Option<SessionKind>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "fields are read one by one")]
pub struct DemoFields {
    session: Option<SessionKind>,
}

/// Where the client keeps its refresh token: itself, or in a cookie that only the gallery page uses.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum SessionKind {
    Token,
    Cookie,
}

/// Without it the refresh token is the bearer token, or in the page's cookie. The keys `refreshToken` and `RefreshToken`
/// mean the same.
#[derive(ToSchema)]
#[expect(dead_code, reason = "fields are read in three spellings")]
pub struct RefreshFields {
    refresh_token: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "the demo user confirms nothing")]
pub struct ErasureFields {
    /// The present password; the demo user has none.
    password: Option<String>,
}

/// What programs that verify access tokens need: OpenID Connect's discovery document, as far as it applies. Logins are those
/// of this API; there is no authorization endpoint.
#[derive(Serialize, ToSchema)]
pub struct IssuerDocument {
    issuer: String,
    jwks_uri: String,
    id_token_signing_alg_values_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    response_types_supported: [&'static str; 0],
    claims_supported: [&'static str; 9],
}

impl IssuerDocument {
    pub fn of(issuer: &str) -> Self {
        IssuerDocument {
            issuer: issuer.to_owned(),
            jwks_uri: format!("{issuer}/.well-known/jwks.json"),
            id_token_signing_alg_values_supported: ["EdDSA"],
            subject_types_supported: ["public"],
            response_types_supported: [],
            claims_supported: ["iss", "aud", "sub", "tid", "role", "sid", "jti", "iat", "exp"],
        }
    }
}

/// Public keys as a JSON Web Key Set (RFC 7517).
#[derive(ToSchema)]
#[expect(dead_code, reason = "the keys are written where they are made")]
pub struct KeySetDocument {
    keys: Vec<KeyDocument>,
}

/// An Ed25519 key (RFC 8037).
#[derive(ToSchema)]
#[expect(dead_code, reason = "the keys are written where they are made")]
pub struct KeyDocument {
    kty: String,
    crv: String,
    x: String,
    kid: String,
    alg: String,
    r#use: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UserDocument {
    #[schema(value_type = String)]
    pub id: UserId,
    #[schema(value_type = String, example = "default")]
    pub tenant_id: TenantId,
    #[schema(value_type = Option<String>, example = "ana@example.org")]
    pub email: Option<Email>,
    pub username: Option<String>,
    pub name: Option<String>,
    #[schema(value_type = words::UserRole)]
    pub role: Role,
    #[schema(value_type = words::Moment)]
    pub created_at: Timestamp,
}

/// The answer to a signup, a login or a refresh.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenDocument {
    pub access_token: String,
    /// None where it is in the cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refresh_token: Option<String>,
    /// The tokens again, as older clients read them; never to the page.
    #[serde(flatten)]
    #[schema(value_type = OlderSpelling)]
    pub older_spelling: Option<OlderSpelling>,
    /// The scheme of RFC 6750: always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(example = 900)]
    pub expires_in: u64,
    #[schema(value_type = words::UserRole)]
    pub role: Role,
    pub user: UserDocument,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct OlderSpelling {
    #[serde(rename = "accessToken")]
    #[schema(required = false)]
    pub access_token: String,
    /// The access token once more.
    #[schema(required = false)]
    pub token: String,
    #[serde(rename = "refreshToken")]
    #[schema(required = false)]
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
    let mut response = private(status, document);
    if let Some(cookie) = cookie {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// An answer for the caller alone, which nothing stores.
pub fn private(status: StatusCode, document: impl Serialize) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(document)).into_response()
}
