//! The routes of authentication.

use super::address::Address;
use super::failure::AuthFailure;
use super::fields::Fields;
use super::password::Password;
use super::service::{AuthService, LoginRequest, SignupRequest};
use super::sessions::{ACCESS_LIFE, TokenPair};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::Email;
use domain::user::User;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

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
pub fn routes(service: Arc<AuthService>) -> Router {
    Router::new()
        .route("/api/v1/auth/signup", post(sign_up))
        .route("/api/v1/auth/login", post(log_in))
        .route("/api/v1/auth/whoami", get(who_am_i).post(who_am_i))
        .route("/api/v1/auth/logout", post(log_out))
        .route("/api/v1/token/refresh", post(refresh))
        .route("/.well-known/jwks.json", get(public_keys))
        .with_state(service)
}

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

async fn who_am_i(State(service): Service, headers: HeaderMap) -> Result<Response, Problem> {
    let user = service.who_am_i(bearer(&headers)?).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(user_document(&user))).into_response())
}

async fn log_out(State(service): Service, headers: HeaderMap) -> Result<StatusCode, Problem> {
    service.log_out(bearer(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn public_keys(State(service): Service) -> Result<Response, Problem> {
    let keys = service.sessions.jwks().await.map_err(AuthFailure::from)?;
    Ok(([(CACHE_CONTROL, KEYS_CACHED)], Json(keys)).into_response())
}

fn admitted(status: StatusCode, pair: &TokenPair) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(pair_document(pair))).into_response()
}

fn user_document(user: &User) -> Value {
    json!({
        "id": user.user_id,
        "tenant_id": user.tenant_id,
        "email": user.email.as_ref().map(Email::as_str),
        "username": user.username,
        "name": user.name,
        "role": user.role,
        "created_at": user.created_at,
    })
}

/// Each token in both spellings: `access_token`, and `accessToken` and `token` as older clients read it.
fn pair_document(pair: &TokenPair) -> Value {
    json!({
        "access_token": pair.access_token,
        "accessToken": pair.access_token,
        "token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "refreshToken": pair.refresh_token,
        "token_type": "Bearer",
        "expires_in": ACCESS_LIFE.as_secs(),
        "role": pair.user.role,
        "user": user_document(&pair.user),
    })
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
