//! One-time tokens with which a user who forgot their password chooses another. An admin issues them; the user's row holds the
//! SHA-256, so that one conditional write both sets the password and spends the token.

use super::address::Address;
use super::demo::is_demo;
use super::documents::private;
use super::failure::AuthFailure;
use super::fields::Fields;
use super::password::Password;
use super::request::Service;
use super::secret::SecretToken;
use super::service::AuthService;
use super::users::sees_tenant;
use crate::http::words;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::ports::{PortErrorKind, Users};
use domain::user::{PasswordReset, Role, User};
use domain::{TenantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// Lifetime of a token.
pub const RESET_LIFE: Duration = Duration::from_secs(3600);
/// Between the parts of a token: it is in no id and in no base64url, and URLs keep it as it is.
const SEPARATOR: char = '~';

/// Give the token to the user; nothing else has it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ResetTokenDocument {
    #[schema(value_type = String)]
    pub user_id: UserId,
    pub reset_token: String,
    #[schema(value_type = words::Moment)]
    pub expires_at: Timestamp,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "fields are read one by one")]
pub struct ResetFields {
    token: String,
    #[schema(min_length = 8)]
    new_password: String,
}

/// Issue a one-time token with which a user of the tenant chooses a new password.
///
/// For admins. It is valid for an hour, and replaces an earlier one.
#[utoipa::path(
    post, path = "/api/v1/users/{id}/password-reset", operation_id = "issue_password_reset", tag = "accounts", security(("bearer" = [])), params(("id" = String, Path, description = "The user")),
    responses((status = 200, description = "Issued", body = ResetTokenDocument)),
    extensions(("x-problems" = json!(["404 no_such_user", "409 no_password"]))),
)]
pub async fn issue(
    State(service): Service,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = service.fresh_caller(&headers).await?;
    let id = UserId::parse(&id).ok().filter(|_| sees_tenant(&caller)).ok_or(AuthFailure::NoSuchUser)?;
    let found = service.ports.users.get(&caller.tenant_id, &id).await.map_err(AuthFailure::from)?;
    // An admin does not become an operator by an operator's password.
    let is_below = |user: &User| user.role != Role::Operator || caller.role == Role::Operator;
    let user = found.filter(is_below).ok_or(AuthFailure::NoSuchUser)?;
    let (users, now) = (service.ports.users.as_ref(), service.ports.clock.now());
    let document = token_for(users, user, now, caller.user_id.as_str()).await?;
    Ok(private(StatusCode::OK, document))
}

/// Choose a new password with a one-time token; every session of the user ends.
#[utoipa::path(
    post, path = "/api/v1/auth/reset", operation_id = "reset_password", tag = "accounts", security(()), request_body = ResetFields,
    responses((status = 204, description = "Changed")),
    extensions(("x-problems" = json!(["403 invalid_reset_token", "422 invalid_field", "422 missing_field", "422 invalid_password", "429 too_many_requests"]))),
)]
pub async fn reset(
    State(service): Service,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    service.admit(&address).await?;
    let fields = Fields::read(&headers, body).await?;
    let token = fields.required(&["token"])?;
    let chosen = Password::chosen(fields.required(&["new_password"])?).map_err(AuthFailure::from)?;
    service.reset(token, chosen).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Issues a token for a user; the log names the `actor`. Errors: the user changed meanwhile, or is the demo user, whom a
/// password would close.
pub async fn token_for(
    users: &dyn Users,
    user: User,
    now: Timestamp,
    actor: &str,
) -> Result<ResetTokenDocument, AuthFailure> {
    if is_demo(&user) {
        return Err(AuthFailure::NoPassword);
    }
    let secret = SecretToken::random()?;
    let expires_at = now.checked_add(RESET_LIFE).unwrap_or(Timestamp::MAX);
    let (tenant, user_id) = (user.tenant_id.clone(), user.user_id.clone());
    let reset = Some(PasswordReset { digest: secret.digest(), expires_at });
    match users.save(User { reset, ..user }).await {
        Ok(_) => tracing::info!(user.id = %user_id, actor.id = actor, "password reset issued"),
        Err(error) if error.kind == PortErrorKind::Conflict => return Err(AuthFailure::ChangedMeanwhile),
        Err(error) => return Err(error.into()),
    }
    let reset_token = format!("{tenant}{SEPARATOR}{user_id}{SEPARATOR}{}", secret.encode());
    Ok(ResetTokenDocument { user_id, reset_token, expires_at })
}

fn parse(token: &str) -> Option<(TenantId, UserId, SecretToken)> {
    let mut parts = token.split(SEPARATOR);
    let tenant = TenantId::parse(parts.next()?).ok()?;
    let user = UserId::parse(parts.next()?).ok()?;
    let secret = SecretToken::parse(parts.next()?)?;
    parts.next().is_none().then_some((tenant, user, secret))
}

impl AuthService {
    /// One error for a token that is unknown, spent or late, and for a user who is erased or disabled.
    async fn reset(&self, token: &str, chosen: Password) -> Result<(), AuthFailure> {
        let (tenant, id, secret) = parse(token).ok_or(AuthFailure::InvalidResetToken)?;
        let now = self.ports.clock.now();
        let digest = secret.digest();
        let fits = |reset: &PasswordReset| reset.digest == digest && now < reset.expires_at;
        let user = self.ports.users.get(&tenant, &id).await?;
        let user = user.filter(|user| user.disabled_at.is_none() && user.reset.as_ref().is_some_and(fits));
        let user = user.ok_or(AuthFailure::InvalidResetToken)?;
        // Before the token is spent, so that a crash leaves no session that began with the former password.
        self.sessions.end_every(&tenant, &id).await?;
        match self.set_password(user, chosen).await {
            Ok(()) => Ok(self.sessions.end_every(&tenant, &id).await?),
            Err(AuthFailure::ChangedMeanwhile) => Err(AuthFailure::InvalidResetToken),
            Err(failure) => Err(failure),
        }
    }

    /// Hashes and saves a password; a reset token of the user is spent. Errors: the user changed meanwhile.
    pub(super) async fn set_password(&self, user: User, chosen: Password) -> Result<(), AuthFailure> {
        let changed = User {
            password_hash: Some(self.passwords.hash(chosen).await?),
            password_changed_at: Some(self.ports.clock.now()),
            reset: None,
            ..user
        };
        match self.ports.users.save(changed).await {
            Ok(user) => tracing::info!(user.id = %user.user_id, "password changed"),
            Err(error) if error.kind == PortErrorKind::Conflict => return Err(AuthFailure::ChangedMeanwhile),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
