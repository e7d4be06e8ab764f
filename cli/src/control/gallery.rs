//! `GET /tenants/{tenant}/gallery`: one owner's gallery as the API shows it, or everybody's, one after the other.

use super::{Answer, Control, Shared, users};
use axum::Json;
use axum::extract::{Path, Query, State};
use domain::{TenantId, UserId};
use ingest::http::{Problem, gallery};
use serde::Deserialize;
use serde_json::{Value, json};

/// Between a user's id and his gallery's cursor; in neither of them.
const BETWEEN: char = '~';

/// Which page.
#[derive(Deserialize)]
pub struct Asked {
    /// An id or an e-mail address; None: every user of the tenant.
    user: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
    emotion: Option<String>,
    state: Option<String>,
}

pub async fn get(State(control): Shared, Path(tenant): Path<TenantId>, Query(asked): Query<Asked>) -> Answer {
    let Asked { user, limit, cursor, emotion, state } = asked;
    let asked = gallery::GalleryQuery { limit, emotion, state, ..gallery::GalleryQuery::default() };
    match user {
        Some(user) => {
            let user = users::named(&control, &tenant, &user).await?.user_id;
            let asked = gallery::GalleryQuery { cursor, ..asked };
            Ok(Json(of_user(&control, (&tenant, &user), &asked).await?))
        }
        None => of_all(&control, &tenant, cursor.as_deref(), asked).await,
    }
}

/// A page of the gallery of the user whom the cursor names; where that ends, the next cursor names the next user.
async fn of_all(
    control: &Control,
    tenant: &TenantId,
    cursor: Option<&str>,
    asked: gallery::GalleryQuery,
) -> Answer {
    let (user, cursor) = match cursor {
        Some(cursor) => at(cursor)?,
        None => match next_user(control, tenant, None).await? {
            Some(first) => (first, None),
            None => return Ok(Json(json!({"uploads": [], "next_cursor": null}))),
        },
    };
    let asked = gallery::GalleryQuery { cursor, ..asked };
    let mut page = of_user(control, (tenant, &user), &asked).await?;
    page["next_cursor"] = match page["next_cursor"].as_str() {
        Some(cursor) => json!(format!("{user}{BETWEEN}{cursor}")),
        None => json!(next_user(control, tenant, Some(&user)).await?.map(|next| format!("{next}{BETWEEN}"))),
    };
    Ok(Json(page))
}

fn at(cursor: &str) -> Result<(UserId, Option<String>), Problem> {
    let parts = cursor.split_once(BETWEEN);
    let user = parts.and_then(|(user, rest)| Some((UserId::parse(user).ok()?, rest)));
    let bad = || Problem::malformed("bad_cursor", "the cursor is not one that this list gave out");
    let (user, rest) = user.ok_or_else(bad)?;
    Ok((user, Some(rest.to_owned()).filter(|rest| !rest.is_empty())))
}

async fn next_user(
    control: &Control,
    tenant: &TenantId,
    after: Option<&UserId>,
) -> Result<Option<UserId>, Problem> {
    let users = control.ports.users.page(tenant, after, 1).await?;
    Ok(users.into_iter().next().map(|user| user.user_id))
}

/// A page of a user's gallery; each row says whose it is.
async fn of_user(
    control: &Control,
    owner: (&TenantId, &UserId),
    asked: &gallery::GalleryQuery,
) -> Result<Value, Problem> {
    let mut page = gallery::page(control.ports.gallery.as_ref(), &control.links, owner, asked).await?;
    for row in page["uploads"].as_array_mut().into_iter().flatten() {
        row["user_id"] = json!(owner.1);
    }
    Ok(page)
}
