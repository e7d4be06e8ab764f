//! Why authentication fails, and the problem that the caller is sent.

use super::caller::AuthError;
use super::cookie;
use super::password::{InvalidPassword, PasswordError};
use crate::problem::Problem;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use domain::ports::{PortError, PortErrorKind};
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum AuthFailure {
    /// One answer for a wrong password and an unknown e-mail address.
    #[error("wrong e-mail address or password")]
    WrongCredentials,
    /// Forged, expired, spent, of another kind, or its session has ended.
    #[error("the token is not valid")]
    InvalidToken,
    #[error("this route needs a token")]
    NoToken,
    /// The page has no cookie, or its session has ended. The answer clears the cookie.
    #[error("there is no session; log in")]
    NoSession,
    /// The token was exchanged seconds ago and its successor was used: another tab is ahead, and the session goes on.
    #[error("the session was refreshed meanwhile; send the request again with the present cookie")]
    Superseded,
    /// A browser sent the request for another site's page.
    #[error("the page of another origin cannot use this session")]
    ForeignOrigin,
    #[error("this installation has no demo user")]
    NoDemoUser,
    /// The caller is known and does not confirm it.
    #[error("the present password is another one")]
    WrongPassword,
    #[error("this account has no password")]
    NoPassword,
    /// One answer for a token that is unknown, spent or late, and for a user who is not there.
    #[error("the token for a new password is not valid; ask for another one")]
    InvalidResetToken,
    #[error("the caller has no such session")]
    NoSuchSession,
    #[error("the caller's tenant has no such user")]
    NoSuchUser,
    #[error("the account changed meanwhile; send the request again")]
    ChangedMeanwhile,
    #[error("e-mail address already registered")]
    EmailTaken,
    #[error("signup creates customers; only an admin can create admins")]
    RoleNotAllowed,
    #[error("this tenant does not accept signups")]
    TenantClosed,
    /// A field that can be read and has no meaning.
    #[error("{detail}")]
    InvalidField { code: &'static str, detail: String },
    #[error("the body must be a JSON object without duplicate keys")]
    Malformed,
    #[error("this route takes application/json")]
    NotJson,
    #[error("the body stopped before its end")]
    IncompleteBody,
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("too many attempts; retry later")]
    TooManyAttempts { wait: Duration },
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("the operating system gave no random bytes: {0}")]
    Randomness(#[from] getrandom::Error),
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<AuthError> for AuthFailure {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid => AuthFailure::InvalidToken,
            AuthError::Port(error) => AuthFailure::Port(error),
        }
    }
}

impl From<InvalidPassword> for AuthFailure {
    fn from(error: InvalidPassword) -> Self {
        AuthFailure::InvalidField { code: "invalid_password", detail: error.to_string() }
    }
}

impl From<AuthFailure> for Problem {
    fn from(failure: AuthFailure) -> Self {
        let detail = failure.to_string();
        let plain = |status, code| Problem::new(status, code, detail.clone());
        match failure {
            AuthFailure::WrongCredentials => Problem::unauthorized("wrong_credentials", detail),
            AuthFailure::NoToken => Problem::unauthorized("missing_token", detail),
            AuthFailure::InvalidToken => Problem::unauthorized("invalid_token", detail),
            AuthFailure::NoSession => {
                Problem::unauthorized("no_session", detail).with_header(SET_COOKIE, cookie::cleared())
            }
            AuthFailure::Superseded => plain(StatusCode::CONFLICT, "session_refreshed"),
            AuthFailure::ForeignOrigin => plain(StatusCode::FORBIDDEN, "foreign_origin"),
            AuthFailure::NoDemoUser => plain(StatusCode::NOT_FOUND, "no_demo_user"),
            AuthFailure::WrongPassword => plain(StatusCode::FORBIDDEN, "wrong_password"),
            AuthFailure::NoPassword => plain(StatusCode::CONFLICT, "no_password"),
            AuthFailure::InvalidResetToken => plain(StatusCode::FORBIDDEN, "invalid_reset_token"),
            AuthFailure::NoSuchSession => plain(StatusCode::NOT_FOUND, "no_such_session"),
            AuthFailure::NoSuchUser => plain(StatusCode::NOT_FOUND, "no_such_user"),
            AuthFailure::ChangedMeanwhile => plain(StatusCode::CONFLICT, "changed_meanwhile"),
            AuthFailure::EmailTaken => plain(StatusCode::CONFLICT, "email_taken"),
            AuthFailure::RoleNotAllowed => plain(StatusCode::FORBIDDEN, "role_not_allowed"),
            AuthFailure::TenantClosed => plain(StatusCode::FORBIDDEN, "tenant_closed"),
            AuthFailure::InvalidField { code, .. } => plain(StatusCode::UNPROCESSABLE_ENTITY, code),
            AuthFailure::NotJson => plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json"),
            AuthFailure::Malformed => plain(StatusCode::BAD_REQUEST, "bad_json"),
            AuthFailure::IncompleteBody => plain(StatusCode::BAD_REQUEST, "incomplete_body"),
            AuthFailure::TooLarge { .. } => plain(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            AuthFailure::TooManyAttempts { wait } => {
                plain(StatusCode::TOO_MANY_REQUESTS, "too_many_requests").retry_after(wait)
            }
            AuthFailure::Password(PasswordError::Busy) => {
                plain(StatusCode::SERVICE_UNAVAILABLE, "busy").retry_after(Duration::from_secs(1))
            }
            AuthFailure::Password(PasswordError::Broken(_)) | AuthFailure::Randomness(_) => {
                PortError::broken(detail).into()
            }
            // No caller named the missing or conflicting row, so it is a failure of ours, not a 404 or 409.
            AuthFailure::Port(error) if error.kind != PortErrorKind::Busy => PortError::broken(error).into(),
            AuthFailure::Port(error) => error.into(),
        }
    }
}
