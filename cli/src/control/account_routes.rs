//! `/tenants/{tenant}/accounts`: listing users, creating them with a password, changing their role, and exporting all that they
//! have. Only here an operator is made.

use super::api::{
    Account, AccountChange, AccountImport, AccountImported, AccountPage, AccountQuery, ImportOutcome,
    NewAccount,
};
use super::state::{Answer, Shared};
use super::users;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use domain::ports::{PortError, PortErrorKind, Users};
use domain::user::User;
use domain::{TenantId, UserId};
use ingest::auth::password::{Password, Passwords};
use ingest::auth::reset::{self, ResetTokenDocument};
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
    match create_in_tenant(control.ports.users.as_ref(), user.clone()).await {
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

/// Creates a user, and founds their tenant if it is new: its users may sign up then.
async fn create_in_tenant(users: &dyn Users, user: User) -> Result<(), PortError> {
    if !users.is_founded(&user.tenant_id).await? {
        match users.found_tenant(user.clone()).await {
            Err(error) if error.kind == PortErrorKind::Conflict => {}
            founded => return founded,
        }
    }
    users.create(user).await
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

pub async fn import(
    State(control): Shared,
    Path(tenant): Path<TenantId>,
    Json(import): Json<AccountImport>,
) -> Answer<AccountImported> {
    let imported = |outcome| Ok(Json(AccountImported { outcome }));
    let unknown = || {
        let detail = "the hash is neither a SHA-256 in hexadecimal nor passlib's $pbkdf2-sha256$";
        Problem::unprocessable("invalid_password_hash", detail)
    };
    if !Passwords::is_adoptable(&import.password_hash) {
        return Err(unknown());
    }
    if control.ports.users.by_email(&tenant, &import.email).await?.is_some() {
        return imported(ImportOutcome::Exists);
    }
    if import.dry_run {
        return imported(ImportOutcome::WouldCreate);
    }
    let hash = control.passwords.adopt(&import.password_hash).await.map_err(PortError::broken)?;
    let created_at = import.created_at.unwrap_or_else(|| control.ports.clock.now());
    let user = User {
        email: Some(import.email),
        username: import.username,
        name: import.name,
        password_hash: Some(hash.ok_or_else(unknown)?),
        ..User::new(tenant, UserId::fresh(), import.role, created_at)
    };
    match create_in_tenant(control.ports.users.as_ref(), user).await {
        Ok(()) => imported(ImportOutcome::Created),
        Err(error) if error.kind == PortErrorKind::Conflict => imported(ImportOutcome::Exists),
        Err(error) => Err(error.into()),
    }
}

/// A one-time token with which the user chooses a new password.
pub async fn reset(
    State(control): Shared,
    Path((tenant, who)): Path<(TenantId, String)>,
) -> Answer<ResetTokenDocument> {
    let user = users::named(&control, &tenant, &who).await?;
    let (users, now) = (control.ports.users.as_ref(), control.ports.clock.now());
    Ok(Json(reset::token_for(users, user, now, "command").await?))
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
