//! The users of a tenant: admins see them all, a customer sees their own account; and the erasure of one's own account.

use super::address::Address;
use super::caller::Caller;
use super::cookie;
use super::demo::is_demo;
use super::documents::{ErasureFields, UserDocument, private};
use super::failure::AuthFailure;
use super::fields::Fields;
use super::request::Service;
use super::service::AuthService;
use crate::http::cursor;
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::UserId;
use domain::user::{Role, User};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// Rows per page; 20 without it.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    #[param(max_length = 200)]
    cursor: Option<String>,
}

/// A page of users, by id.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserListDocument {
    pub users: Vec<UserDocument>,
    /// Where the next page begins; null on the last one.
    pub next_cursor: Option<String>,
}

/// The account is gone; its photos, pictures and melodies follow.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasureDocument {
    #[schema(value_type = String)]
    pub user_id: UserId,
    /// Always `erasing`: the rest is done later.
    #[schema(example = "erasing")]
    pub state: &'static str,
}

/// List the users that the caller sees.
///
/// An admin sees the tenant's, a customer their own account. The path may end with a slash.
#[utoipa::path(
    get, path = "/api/v1/users", operation_id = "list_users", tag = "accounts", security(("bearer" = [])), params(UsersQuery),
    responses((status = 200, description = "A page", body = UserListDocument)),
    extensions(("x-problems" = json!(["400 bad_cursor", "400 bad_limit", "400 bad_query"]))),
)]
pub async fn list(
    State(service): Service,
    query: Result<Query<UsersQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = service.fresh_caller(&headers).await?;
    let Query(query) = query.map_err(|error| Problem::malformed("bad_query", error.body_text()))?;
    let limit = cursor::limit(query.limit.as_deref())?;
    let after = query.cursor.as_deref().map(cursor::user).transpose()?;
    let (users, next) = service.page(&caller, after, limit).await?;
    let next_cursor = next.as_ref().map(cursor::of_user);
    let users = users.into_iter().map(UserDocument::from).collect();
    Ok(private(StatusCode::OK, UserListDocument { users, next_cursor }))
}

/// Get a user of the tenant.
#[utoipa::path(
    get, path = "/api/v1/users/{id}", operation_id = "get_user", tag = "accounts", security(("bearer" = [])), params(("id" = String, Path, description = "The user")),
    responses((status = 200, description = "The user", body = UserDocument)),
    extensions(("x-problems" = json!(["404 no_such_user"]))),
)]
pub async fn get(
    State(service): Service,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = service.fresh_caller(&headers).await?;
    let id = UserId::parse(&id).map_err(|_| AuthFailure::NoSuchUser)?;
    if id != caller.user_id && !sees_tenant(&caller) {
        return Err(AuthFailure::NoSuchUser.into());
    }
    let found = service.ports.users.get(&caller.tenant_id, &id).await.map_err(AuthFailure::from)?;
    let user = found.ok_or(AuthFailure::NoSuchUser)?;
    Ok(private(StatusCode::OK, UserDocument::from(user)))
}

/// Get a user of the tenant.
#[utoipa::path(
    get, path = "/api/v1/user/{id}", operation_id = "get_user_by_older_path", tag = "accounts", security(("bearer" = [])), params(("id" = String, Path, description = "The user")),
    responses((status = 200, description = "The user", body = UserDocument)),
    extensions(("x-problems" = json!(["404 no_such_user"]))),
)]
pub async fn get_as_older_clients_do(
    service: Service,
    id: Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    get(service, id, headers).await
}

/// Erase the caller's account, with everything that belongs to it.
///
/// An account with a password confirms it; the demo user has none.
#[utoipa::path(
    delete, path = "/api/v1/users/me", operation_id = "erase_own_user", tag = "accounts", security(("bearer" = [])), request_body(content = Option<ErasureFields>),
    responses((status = 202, description = "Ordered", body = ErasureDocument)),
    extensions(("x-gives" = json!(["202 Set-Cookie"])), ("x-problems" = json!(["422 invalid_field", "422 missing_field", "403 wrong_password", "409 no_password", "429 too_many_requests"]))),
)]
pub async fn erase(
    State(service): Service,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let caller = service.fresh_caller(&headers).await?;
    let fields = Fields::read(&headers, body).await?;
    let found = service.ports.users.get(&caller.tenant_id, &caller.user_id).await;
    let user = found.map_err(AuthFailure::from)?.ok_or(AuthFailure::InvalidToken)?;
    if !is_demo(&user) {
        service.confirm(&user, fields.required(&["password"])?, &address).await?;
    }
    service.erase(&caller).await?;
    let mut response =
        private(StatusCode::ACCEPTED, ErasureDocument { user_id: user.user_id, state: "erasing" });
    response.headers_mut().insert(SET_COOKIE, cookie::cleared());
    Ok(response)
}

pub fn sees_tenant(caller: &Caller) -> bool {
    match caller.role {
        Role::Admin | Role::Operator => true,
        Role::Customer => false,
    }
}

impl AuthService {
    /// Some users that the caller sees, and the last of them if there are more.
    async fn page(
        &self,
        caller: &Caller,
        after: Option<UserId>,
        limit: usize,
    ) -> Result<(Vec<User>, Option<UserId>), AuthFailure> {
        let (users, tenant) = (&self.ports.users, &caller.tenant_id);
        if !sees_tenant(caller) {
            let is_behind = after.is_none_or(|after| after < caller.user_id);
            let own = users.get(tenant, &caller.user_id).await?;
            return Ok((own.filter(|_| is_behind).into_iter().collect(), None));
        }
        let page = users.page(tenant, after.as_ref(), limit).await?;
        let last = page.last().filter(|_| page.len() == limit).map(|user| user.user_id.clone());
        let more = match &last {
            Some(last) => !users.page(tenant, Some(last), 1).await?.is_empty(),
            None => false,
        };
        Ok((page, last.filter(|_| more)))
    }

    async fn erase(&self, caller: &Caller) -> Result<(), AuthFailure> {
        let Caller { tenant_id, user_id, .. } = caller;
        self.sessions.end_every(tenant_id, user_id).await?;
        lifecycle::erase_user(&self.ports, tenant_id, user_id).await?;
        tracing::info!(tenant.id = %tenant_id, user.id = %user_id, "erasure of a user ordered");
        Ok(())
    }
}
