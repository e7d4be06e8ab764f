//! `/tenants/{tenant}/users`: finding a user, and creating one whose photos are imported.

use super::api::{NewUser, UserDocument, UserQuery};
use super::state::{Answer, Control, Shared};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use domain::ports::PortErrorKind;
use domain::user::{Role, User};
use domain::{Email, TenantId, UserId};
use ingest::http::Problem;

pub async fn find(
    State(control): Shared,
    Path(tenant): Path<TenantId>,
    Query(query): Query<UserQuery>,
) -> Answer<UserDocument> {
    let user = match query.who {
        Some(who) => named(&control, &tenant, &who).await?,
        None => only(&control, &tenant).await?,
    };
    Ok(document(&control, user))
}

/// The user with this id or e-mail address. Errors: 404.
pub async fn named(control: &Control, tenant: &TenantId, who: &str) -> Result<User, Problem> {
    let users = &control.ports.users;
    let found = match (Email::parse(who), UserId::parse(who)) {
        (Ok(email), _) => users.by_email(tenant, &email).await?,
        (Err(_), Ok(id)) => users.get(tenant, &id).await?,
        (Err(_), Err(_)) => None,
    };
    found.ok_or_else(|| {
        let detail = format!("tenant {tenant} has no user {who:?}; give an id or an e-mail address");
        Problem::new(StatusCode::NOT_FOUND, "no_such_user", detail)
    })
}

async fn only(control: &Control, tenant: &TenantId) -> Result<User, Problem> {
    let mut users = control.ports.users.page(tenant, None, 2).await?;
    match (users.pop(), users.pop()) {
        (Some(user), None) => Ok(user),
        (None, _) => {
            let detail = format!("tenant {tenant} has no users");
            Err(Problem::new(StatusCode::NOT_FOUND, "no_such_user", detail))
        }
        _ => {
            let detail = format!("tenant {tenant} has more than one user: name one with --user");
            Err(Problem::conflict("which_user", detail))
        }
    }
}

fn document(control: &Control, user: User) -> Json<UserDocument> {
    let User { tenant_id, user_id, .. } = user;
    Json(UserDocument { tenant_id, user_id, max_photo_bytes: control.max_photo_bytes })
}

/// Creates a customer without a password, who cannot log in until they have one.
pub async fn create(
    State(control): Shared,
    Path(tenant): Path<TenantId>,
    Json(new): Json<NewUser>,
) -> Answer<UserDocument> {
    let now = control.ports.clock.now();
    let user = User { email: Some(new.email), ..User::new(tenant, UserId::fresh(), Role::Customer, now) };
    match control.ports.users.create(user.clone()).await {
        Ok(()) => {
            tracing::info!(tenant.id = %user.tenant_id, user.id = %user.user_id, "user created without a password");
            Ok(document(&control, user))
        }
        Err(error) if error.kind == PortErrorKind::Conflict => {
            Err(Problem::conflict("email_taken", "e-mail address already registered"))
        }
        Err(error) => Err(error.into()),
    }
}
