//! A user's sessions: listing them, ending them, and the change of the password, which ends the others.

use super::address::Address;
use super::caller::Caller;
use super::documents::private;
use super::failure::AuthFailure;
use super::fields::Fields;
use super::password::Password;
use super::request::{Service, bearer};
use super::service::{Attempt, AuthService};
use crate::http::words;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::session::{Session, SessionKey};
use domain::user::User;
use domain::{Email, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
pub struct SessionDocument {
    #[schema(value_type = words::Uuid)]
    pub session_id: Uuid,
    /// Whether it is the session of the request.
    pub current: bool,
    #[schema(value_type = words::Moment)]
    pub began_at: Timestamp,
    #[schema(value_type = words::Moment)]
    pub refreshed_at: Timestamp,
    #[schema(value_type = words::Moment)]
    pub expires_at: Timestamp,
}

/// The live sessions, the last begun first; at most [`domain::ports::sessions::MAX_SESSIONS`].
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionListDocument {
    pub sessions: Vec<SessionDocument>,
}

/// List the caller's live sessions.
#[utoipa::path(
    get, path = "/api/v1/auth/sessions", operation_id = "list_sessions", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The last begun first", body = SessionListDocument)),
    extensions(("x-problems" = json!([]))),
)]
pub async fn list(State(service): Service, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = service.fresh_caller(&headers).await?;
    let sessions = service.sessions.of(&caller).await.map_err(AuthFailure::from)?;
    let document = |session: Session| SessionDocument {
        session_id: session.key.session_id,
        current: session.key.session_id == caller.session_id,
        began_at: session.began_at,
        refreshed_at: session.refreshed_at,
        expires_at: session.expires_at,
    };
    let sessions = sessions.into_iter().map(document).collect();
    Ok(private(StatusCode::OK, SessionListDocument { sessions }))
}

/// End a session of the caller.
#[utoipa::path(
    delete, path = "/api/v1/auth/sessions/{id}", operation_id = "end_session", tag = "accounts", security(("bearer" = [])), params(("id" = words::Uuid, Path, description = "The session")),
    responses((status = 204, description = "Ended")),
    extensions(("x-problems" = json!(["404 no_such_session"]))),
)]
pub async fn end(
    State(service): Service,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let Caller { tenant_id, user_id, .. } = service.fresh_caller(&headers).await?;
    let session_id = Uuid::parse_str(&id).map_err(|_| AuthFailure::NoSuchSession)?;
    let key = SessionKey { tenant_id, user_id, session_id };
    let now = service.ports.clock.now();
    let found = service.ports.sessions.get(&key, now).await.map_err(AuthFailure::from)?;
    found.ok_or(AuthFailure::NoSuchSession)?;
    service.sessions.end(&key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End every session but the present one.
#[utoipa::path(
    delete, path = "/api/v1/auth/sessions", operation_id = "end_other_sessions", tag = "accounts", security(("bearer" = [])),
    responses((status = 204, description = "Ended")),
    extensions(("x-problems" = json!([]))),
)]
pub async fn end_others(State(service): Service, headers: HeaderMap) -> Result<StatusCode, Problem> {
    let caller = service.fresh_caller(&headers).await?;
    service.sessions.end_others(&caller).await.map_err(AuthFailure::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// The body of a change of the password.
#[derive(ToSchema)]
pub struct PasswordChange {
    password: String,
    #[schema(min_length = 8)]
    new_password: String,
}

/// Change the password; every other session ends.
#[utoipa::path(
    post, path = "/api/v1/auth/password", operation_id = "change_password", tag = "accounts", security(("bearer" = [])), request_body = PasswordChange,
    responses((status = 204, description = "Changed")),
    extensions(("x-problems" = json!(["422 invalid_field", "422 missing_field", "403 wrong_password", "409 no_password", "422 invalid_password", "429 too_many_requests"]))),
)]
pub async fn change_password(
    State(service): Service,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let caller = service.fresh_caller(&headers).await?;
    let fields = Fields::read(&headers, body).await?;
    let change = PasswordChange {
        password: fields.required(&["password"])?.to_owned(),
        new_password: fields.required(&["new_password"])?.to_owned(),
    };
    service.change_password(&caller, &address, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl AuthService {
    /// The caller, whose session is read from the store.
    pub(super) async fn fresh_caller(&self, headers: &HeaderMap) -> Result<Caller, AuthFailure> {
        Ok(self.sessions.caller(bearer(headers)?, true).await?)
    }

    async fn change_password(
        &self,
        caller: &Caller,
        address: &str,
        change: PasswordChange,
    ) -> Result<(), AuthFailure> {
        let chosen = Password::chosen(&change.new_password)?;
        let user = self.ports.users.get(&caller.tenant_id, &caller.user_id).await?;
        let user = user.ok_or(AuthFailure::InvalidToken)?;
        self.confirm(&user, &change.password, address).await?;
        // Before the change too, so that a crash behind it leaves no other session that began with the former password.
        self.sessions.end_others(caller).await?;
        self.set_password(user, chosen).await?;
        Ok(self.sessions.end_others(caller).await?)
    }

    /// Verifies the present password of a caller, under the throttle of logins.
    pub(super) async fn confirm(&self, user: &User, typed: &str, address: &str) -> Result<(), AuthFailure> {
        let hash = user.password_hash.clone().ok_or(AuthFailure::NoPassword)?;
        let account = user.email.as_ref().map_or(user.user_id.as_str(), Email::as_str);
        let attempt = Attempt { tenant: &user.tenant_id, account, address };
        self.count(&attempt).await?;
        let typed = Password::typed(typed).ok_or(AuthFailure::WrongPassword)?;
        match self.passwords.verify(Some(hash), typed).await? {
            true => self.forgive(&attempt).await,
            false => Err(AuthFailure::WrongPassword),
        }
    }
}
