//! The routes of authentication.

use super::address::Address;
use super::documents::{LoginFields, PublicKeys, RefreshFields, SignupFields, TokenDocument, UserDocument};
use super::failure::AuthFailure;
use super::fields::Fields;
use super::password::Password;
use super::service::{AuthService, LoginRequest, SignupRequest};
use super::sessions::TokenPair;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

impl FromRequestParts<Arc<AuthService>> for Address {
    type Rejection = Infallible;

    /// A server that does not provide [`ConnectInfo`] puts all callers under one address.
    async fn from_request_parts(parts: &mut Parts, service: &Arc<AuthService>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        Ok(Address::of(peer, &parts.headers, &service.settings.trusted_proxies))
    }
}

type Service = State<Arc<AuthService>>;

/// A new key is published for longer than this before it signs.
const KEYS_CACHED: &str = "public, max-age=300";

/// Merge these into a larger router with the layer [`crate::request_context::around`]. The server must provide
/// [`axum::extract::ConnectInfo`]: throttling goes by the peer's address.
pub fn routes(service: Arc<AuthService>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(log_in))
        .routes(routes!(who_am_i, post_who_am_i))
        .routes(routes!(log_out))
        .routes(routes!(refresh))
        .routes(routes!(public_keys))
        .with_state(service)
}

/// Sign up.
#[utoipa::path(
    post, path = "/api/v1/auth/signup", operation_id = "sign_up", tag = "accounts", security(()), request_body = SignupFields,
    responses((status = 201, description = "Signed up", body = TokenDocument), (status = 200, description = "Signed up, to a client that writes capitalised keys", body = TokenDocument)),
    extensions(("x-problems" = json!(["422 invalid_field", "422 missing_field", "403 role_not_allowed", "403 tenant_closed", "409 email_taken", "422 invalid_email", "422 invalid_name", "422 invalid_password", "422 invalid_role", "422 invalid_tenant_id", "429 too_many_requests"]))),
)]
async fn sign_up(
    State(service): Service,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let fields = Fields::read(&headers, body).await?;
    let signup = SignupRequest {
        email: fields.email()?,
        password: Password::chosen(fields.required(&["password", "Password"])?).map_err(AuthFailure::from)?,
        username: fields.name(&["username", "Username"])?,
        name: fields.name(&["name", "Name"])?,
        tenant: fields.tenant()?,
        role: fields.role()?,
    };
    let pair = service.sign_up(signup).await?;
    let status = if fields.are_capitalised() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(admitted(status, &pair))
}

/// Log in.
#[utoipa::path(
    post, path = "/api/v1/auth/login", operation_id = "log_in", tag = "accounts", security(()), request_body = LoginFields,
    responses((status = 200, description = "Logged in", body = TokenDocument)),
    extensions(("x-problems" = json!(["422 invalid_field", "422 missing_field", "400 wrong_credentials", "401 wrong_credentials", "422 invalid_tenant_id", "429 too_many_requests"]))),
)]
async fn log_in(
    State(service): Service,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let fields = Fields::read(&headers, body).await?;
    let login = LoginRequest {
        email: fields.required(&["email", "Email"])?,
        password: fields.required(&["password", "Password"])?,
        tenant: fields.tenant()?,
        address: &address,
    };
    match service.log_in(login).await {
        Ok(pair) => Ok(admitted(StatusCode::OK, &pair)),
        Err(AuthFailure::WrongCredentials) if fields.are_capitalised() => {
            let detail = AuthFailure::WrongCredentials.to_string();
            Err(Problem::malformed("wrong_credentials", detail))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// Get new tokens.
#[utoipa::path(
    post, path = "/api/v1/token/refresh", operation_id = "refresh_session", tag = "accounts", security(()), request_body(content = Option<RefreshFields>),
    responses((status = 200, description = "A new pair", body = TokenDocument)),
    extensions(("x-problems" = json!(["401 invalid_token", "401 missing_token", "429 too_many_requests"]))),
)]
async fn refresh(
    State(service): Service,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let fields = Fields::read(&headers, body).await?;
    let in_body = fields.text(&["refresh_token", "refreshToken", "RefreshToken"])?;
    let token = match in_body {
        Some(token) => token,
        None => bearer(&headers)?,
    };
    Ok(admitted(StatusCode::OK, &service.refresh(token, &address).await?))
}

/// Get the user of the token.
#[utoipa::path(
    get, path = "/api/v1/auth/whoami", operation_id = "get_user_of_token", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The user", body = UserDocument)),
    extensions(("x-problems" = json!([]))),
)]
async fn who_am_i(State(service): Service, headers: HeaderMap) -> Result<Response, Problem> {
    let user = service.who_am_i(bearer(&headers)?).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(UserDocument::from(&user))).into_response())
}

/// Get the user of the token.
#[utoipa::path(
    post, path = "/api/v1/auth/whoami", operation_id = "post_user_of_token", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The user", body = UserDocument)),
)]
async fn post_who_am_i(service: Service, headers: HeaderMap) -> Result<Response, Problem> {
    who_am_i(service, headers).await
}

/// End the session of the token.
#[utoipa::path(
    post, path = "/api/v1/auth/logout", operation_id = "log_out", tag = "accounts", security(("bearer" = [])),
    responses((status = 204, description = "Ended")),
    extensions(("x-problems" = json!([]))),
)]
async fn log_out(State(service): Service, headers: HeaderMap) -> Result<StatusCode, Problem> {
    service.log_out(bearer(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get the keys that access tokens are signed with.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "get_public_keys", tag = "accounts", security(()),
    responses((status = 200, description = "A JSON Web Key Set", body = PublicKeys)),
    extensions(("x-problems" = json!([]))),
)]
async fn public_keys(State(service): Service) -> Result<Response, Problem> {
    let keys = service.sessions.jwks().await.map_err(AuthFailure::from)?;
    Ok(([(CACHE_CONTROL, KEYS_CACHED)], Json(keys)).into_response())
}

fn admitted(status: StatusCode, pair: &TokenPair) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(TokenDocument::from(pair))).into_response()
}

/// The token of an `Authorization: Bearer` header (RFC 6750, 2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, AuthFailure> {
    let value = headers.get(AUTHORIZATION).ok_or(AuthFailure::NoToken)?;
    let value = value.to_str().map_err(|_| AuthFailure::InvalidToken)?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(AuthFailure::NoToken),
    }
}
