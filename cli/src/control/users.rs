//! `/tenants/{tenant}/users`: who is meant, and making somebody whose photos are imported.

use super::{Answer, Control, Shared};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use domain::ports::PortErrorKind;
use domain::user::{Role, User};
use domain::{Email, TenantId, UserId};
use ingest::http::Problem;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// Who is looked for.
#[derive(Deserialize)]
pub struct Asked {
    /// An id or an e-mail address; None: the tenant's only user.
    who: Option<String>,
}

/// Who is to be made.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    email: Email,
}

pub async fn find(
    State(control): Shared,
    Path(tenant): Path<TenantId>,
    Query(asked): Query<Asked>,
) -> Answer {
    let user = match asked.who {
        Some(who) => named(&control, &tenant, &who).await?,
        None => only(&control, &tenant).await?,
    };
    Ok(Json(shown(&control, &user)))
}

/// The user with this id or e-mail address. Errors: 404.
pub(super) async fn named(control: &Control, tenant: &TenantId, who: &str) -> Result<User, Problem> {
    let users = &control.ports.users;
    let found = match (Email::parse(who), UserId::parse(who)) {
        (Ok(email), _) => users.by_email(tenant, &email).await?,
        (Err(_), Ok(id)) => users.get(tenant, &id).await?,
        (Err(_), Err(_)) => None,
    };
    found.ok_or_else(|| {
        let words = format!("tenant {tenant} has no user {who:?}; an id or an e-mail address is needed");
        Problem::new(StatusCode::NOT_FOUND, "no_such_user", words)
    })
}

async fn only(control: &Control, tenant: &TenantId) -> Result<User, Problem> {
    let mut users = control.ports.users.page(tenant, None, 2).await?;
    match (users.pop(), users.pop()) {
        (Some(user), None) => Ok(user),
        (None, _) => {
            let words = format!("tenant {tenant} has no users");
            Err(Problem::new(StatusCode::NOT_FOUND, "no_such_user", words))
        }
        _ => {
            let words = format!("tenant {tenant} has more than one user: name one with --user");
            Err(Problem::conflict("which_user", words))
        }
    }
}

/// Who he is, and how large his photos may be.
fn shown(control: &Control, user: &User) -> Value {
    let most = control.max_photo_bytes;
    json!({"tenant_id": user.tenant_id, "user_id": user.user_id, "max_photo_bytes": most})
}

/// Makes a customer without a password: nobody can log in as him until he is given one.
pub async fn create(
    State(control): Shared,
    Path(tenant): Path<TenantId>,
    Json(wanted): Json<Wanted>,
) -> Answer {
    let id = UserId::parse(&Uuid::now_v7().to_string()).expect("a UUID is a legal id");
    let user = User {
        email: Some(wanted.email),
        ..User::new(tenant, id, Role::Customer, control.ports.clock.now())
    };
    match control.ports.users.create(user.clone()).await {
        Ok(()) => {
            tracing::info!(tenant.id = %user.tenant_id, user.id = %user.user_id, "made without a password");
            Ok(Json(shown(&control, &user)))
        }
        Err(error) if error.kind == PortErrorKind::Conflict => {
            Err(Problem::conflict("email_taken", "somebody of the tenant has this e-mail address"))
        }
        Err(error) => Err(error.into()),
    }
}
