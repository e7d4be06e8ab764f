//! `/tenants/{tenant}/accounts`: listing users, creating them with a password, changing their role, and exporting all that they
//! have. Only here an operator is made.

use super::api::{Account, AccountChange, AccountPage, AccountQuery, NewAccount};
use super::state::{Answer, Shared};
use super::users;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use domain::ports::{PortError, PortErrorKind};
use domain::user::User;
use domain::{TenantId, UserId};
use ingest::auth::password::Password;
use ingest::http::Problem;
use ingest::user_archive;

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

impl From<User> for Account {
    fn from(user: User) -> Self {
        let User { tenant_id, user_id, email, name, role, created_at, disabled_at, .. } = user;
        Account { tenant_id, user_id, email, name, role, created_at, disabled_at }
    }
}

pub async fn list(
    State(control): Shared,
    Path(tenant): Path<TenantId>,
    Query(query): Query<AccountQuery>,
) -> Answer<AccountPage> {
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let page = control.ports.users.page(&tenant, query.cursor.as_ref(), limit).await?;
    let next_cursor = page.last().filter(|_| page.len() == limit).map(|user| user.user_id.clone());
    Ok(Json(AccountPage { accounts: page.into_iter().map(Account::from).collect(), next_cursor }))
}

pub async fn create(
    State(control): Shared,
    Path(tenant): Path<TenantId>,
    Json(new): Json<NewAccount>,
) -> Answer<Account> {
    let password = Password::chosen(&new.password);
    let password = password.map_err(|error| Problem::unprocessable("invalid_password", error.to_string()))?;
    let hash = control.passwords.hash(password).await.map_err(PortError::broken)?;
    let user = User {
        email: Some(new.email),
        name: new.name,
        password_hash: Some(hash),
        ..User::new(tenant, UserId::fresh(), new.role, control.ports.clock.now())
    };
    match control.ports.users.create(user.clone()).await {
        Ok(()) => {
            tracing::info!(user.id = %user.user_id, role = user.role.as_str(), "user created");
            Ok(Json(user.into()))
        }
        Err(error) if error.kind == PortErrorKind::Conflict => {
            Err(Problem::conflict("email_taken", "e-mail address already registered"))
        }
        Err(error) => Err(error.into()),
    }
}

/// The user changes before their sessions end, so that a login under way sees the change or is ended.
pub async fn change(
    State(control): Shared,
    Path((tenant, who)): Path<(TenantId, String)>,
    Json(change): Json<AccountChange>,
) -> Answer<Account> {
    let mut user = users::named(&control, &tenant, &who).await?;
    let now = control.ports.clock.now();
    user.role = change.role.unwrap_or(user.role);
    user.disabled_at = match change.disabled {
        Some(true) => user.disabled_at.or(Some(now)),
        Some(false) => None,
        None => user.disabled_at,
    };
    let user = control.ports.users.save(user).await?;
    control.ports.sessions.end_all(&tenant, &user.user_id, None).await?;
    tracing::info!(user.id = %user.user_id, role = user.role.as_str(), disabled = user.disabled_at.is_some(), "user changed");
    Ok(Json(user.into()))
}

/// Everything of a user, as a ZIP archive.
pub async fn export(
    State(control): Shared,
    Path((tenant, who)): Path<(TenantId, String)>,
) -> Result<Body, Problem> {
    let user = users::named(&control, &tenant, &who).await?;
    tracing::info!(user.id = %user.user_id, "export begun by an operator");
    Ok(Body::from_stream(user_archive::write(&control.ports, user, ())))
}
