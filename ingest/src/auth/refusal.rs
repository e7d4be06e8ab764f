//! Why authentication says no, and how that is told.

use super::caller::AuthError;
use super::password::{InvalidPassword, PasswordError};
use crate::problem::Problem;
use axum::http::StatusCode;
use domain::ports::{PortError, PortErrorKind};
use std::time::Duration;

/// Why authentication says no.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Wrong password, or nobody has this address: one answer for both.
    #[error("wrong e-mail address or password")]
    WrongCredentials,
    /// The token is forged, expired, spent, of another kind, or its session has ended.
    #[error("the token is not valid")]
    InvalidToken,
    /// No token came at all.
    #[error("this needs a token")]
    NoToken,
    /// The address has an account.
    #[error("somebody has signed up with this e-mail address")]
    EmailTaken,
    /// Signup makes customers only.
    #[error("signing up makes a customer; only an admin makes admins")]
    RoleNotAllowed,
    /// The tenant takes no signups.
    #[error("this tenant takes no signups")]
    TenantClosed,
    /// A field means nothing; a stable code and a sentence.
    #[error("{detail}")]
    Meaningless {
        /// Stable code.
        code: &'static str,
        /// What is wrong.
        detail: String,
    },
    /// The body is not JSON of an object.
    #[error("the body has to be a JSON object")]
    Malformed,
    /// The body stopped before its end, or stalled.
    #[error("the body stopped before its end")]
    BrokenOff,
    /// The body is too large.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes.
        limit: usize,
    },
    /// Tried too often.
    #[error("tried too often; wait a while")]
    TooOften {
        /// For how long.
        wait: Duration,
    },
    /// Passwords could not be looked at.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The operating system gives no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(#[from] getrandom::Error),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Invalid => Refusal::InvalidToken,
            AuthError::Port(error) => Refusal::Port(error),
        }
    }
}

impl From<InvalidPassword> for Refusal {
    fn from(error: InvalidPassword) -> Self {
        Refusal::Meaningless { code: "invalid_password", detail: error.to_string() }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        let plain = |status, code| Problem::new(status, code, detail.clone());
        match refusal {
            Refusal::WrongCredentials => Problem::unauthorized("wrong_credentials", detail),
            Refusal::NoToken => Problem::unauthorized("missing_token", detail),
            Refusal::InvalidToken => Problem::unauthorized("invalid_token", detail),
            Refusal::EmailTaken => plain(StatusCode::CONFLICT, "email_taken"),
            Refusal::RoleNotAllowed => plain(StatusCode::FORBIDDEN, "role_not_allowed"),
            Refusal::TenantClosed => plain(StatusCode::FORBIDDEN, "tenant_closed"),
            Refusal::Meaningless { code, .. } => plain(StatusCode::UNPROCESSABLE_ENTITY, code),
            Refusal::Malformed => plain(StatusCode::BAD_REQUEST, "bad_json"),
            Refusal::BrokenOff => plain(StatusCode::BAD_REQUEST, "incomplete_body"),
            Refusal::TooLarge { .. } => plain(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Refusal::TooOften { wait } => {
                plain(StatusCode::TOO_MANY_REQUESTS, "too_many_requests").retry_after(wait)
            }
            Refusal::Password(PasswordError::Busy) => {
                plain(StatusCode::SERVICE_UNAVAILABLE, "busy").retry_after(Duration::from_secs(1))
            }
            Refusal::Password(PasswordError::Broken(_)) | Refusal::Randomness(_) => {
                PortError::broken(detail).into()
            }
            // Nobody has named what was not found or is there already: that it matters is our fault.
            Refusal::Port(error) if error.kind != PortErrorKind::Busy => PortError::broken(error).into(),
            Refusal::Port(error) => error.into(),
        }
    }
}
