//! The routes of authentication.

use super::address::Address;
use super::answer;
use super::body::Fields;
use super::password::Password;
use super::refusal::Refusal;
use super::service::{AuthService, Login, Signup};
use super::session::{self, Admission};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use std::sync::Arc;

type Service = State<Arc<AuthService>>;

/// For so long the public keys may be cached; a new one is published before it signs.
const KEYS_CACHED: &str = "public, max-age=300";

/// The routes, for merging into a larger router, around which [`crate::request_context::around`] has to be. The server has
/// to tell the peer's address ([`axum::extract::ConnectInfo`]): throttling goes by it.
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
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let fields = Fields::read(body).await?;
    let signup = Signup {
        email: fields.email()?,
        password: Password::chosen(fields.required(&["password", "Password"])?).map_err(Refusal::from)?,
        username: fields.name(&["username", "Username"])?,
        name: fields.name(&["name", "Name"])?,
        tenant: fields.tenant()?,
        role: fields.role()?,
    };
    let admission = service.sign_up(signup).await?;
    let status = if fields.are_capitalised() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(admitted(status, &admission))
}

async fn log_in(State(service): Service, Address(address): Address, body: Body) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let fields = Fields::read(body).await?;
    let login = Login {
        email: fields.required(&["email", "Email"])?,
        password: fields.required(&["password", "Password"])?,
        tenant: fields.tenant()?,
        address: &address,
    };
    match service.log_in(login).await {
        Ok(admission) => Ok(admitted(StatusCode::OK, &admission)),
        Err(Refusal::WrongCredentials) if fields.are_capitalised() => {
            let detail = Refusal::WrongCredentials.to_string();
            Err(Problem::malformed("wrong_credentials", detail))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn refresh(
    State(service): Service,
    Address(address): Address,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let fields = Fields::read(body).await?;
    let in_body = fields.text(&["refresh_token", "refreshToken", "RefreshToken"])?;
    let token = match in_body {
        Some(token) => token,
        None => bearer(&headers)?,
    };
    let admission = session::refresh(&service, token).await?;
    Ok(admitted(StatusCode::OK, &admission))
}

async fn who_am_i(State(service): Service, headers: HeaderMap) -> Result<Response, Problem> {
    let user = service.who_am_i(bearer(&headers)?).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer::user(&user))).into_response())
}

async fn log_out(State(service): Service, headers: HeaderMap) -> Result<StatusCode, Problem> {
    service.log_out(bearer(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn public_keys(State(service): Service) -> Result<Response, Problem> {
    let keys = service.keys.jwks().await.map_err(Refusal::from)?;
    Ok(([(CACHE_CONTROL, KEYS_CACHED)], Json(keys)).into_response())
}

fn admitted(status: StatusCode, admission: &Admission) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], Json(answer::admission(admission))).into_response()
}

/// The token of an `Authorization: Bearer` header (RFC 6750, 2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let value = headers.get(AUTHORIZATION).ok_or(Refusal::NoToken)?;
    let value = value.to_str().map_err(|_| Refusal::InvalidToken)?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Refusal::NoToken),
    }
}
