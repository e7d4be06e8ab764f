//! The routes of authentication.

use super::address::Address;
use super::documents::{UserDocument, admitted};
use super::failure::AuthFailure;
use super::fields::Fields;
use super::page_session::Page;
use super::password::Password;
use super::request::{Service, bearer, session_mode};
use super::service::{AuthService, LoginRequest, SignupRequest};
use super::sessions::SessionMode;
use super::{cookie, demo, session_list, users, usuarios};
use crate::problem::Problem;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use std::sync::Arc;

/// A new key is published for longer than this before it signs.
const KEYS_CACHED: &str = "public, max-age=300";

/// Merge these into a larger router with the layer [`crate::request_context::around`]. The server must provide
/// [`axum::extract::ConnectInfo`]: throttling goes by the peer's address.
pub fn routes(service: Arc<AuthService>) -> Router {
    Router::new()
        .route("/api/v1/auth/signup", post(sign_up))
        .route("/api/v1/auth/login", post(log_in))
        .route("/api/v1/auth/demo", post(demo::begin))
        .route("/api/v1/auth/password", post(session_list::change_password))
        .route("/api/v1/auth/sessions", get(session_list::list).delete(session_list::end_others))
        .route("/api/v1/auth/sessions/{id}", delete(session_list::end))
        .route("/api/v1/auth/whoami", get(who_am_i).post(who_am_i))
        .route("/api/v1/auth/logout", post(log_out))
        .route("/api/v1/token/refresh", post(refresh))
        .route("/api/v1/users", get(users::list))
        .route("/api/v1/users/", get(users::list))
        .route("/api/v1/users/me", delete(users::erase))
        .route("/api/v1/users/{id}", get(users::get))
        .route("/api/v1/user/{id}", get(users::get))
        .route("/usuarios/crear", post(usuarios::create))
        .route("/usuarios/login", post(usuarios::log_in))
        .route("/.well-known/jwks.json", get(public_keys))
        .with_state(service)
}

async fn sign_up(
    State(service): Service,
    Address(address): Address,
    page: Page,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let fields = Fields::read(&headers, body).await?;
    let mode = session_mode(&fields, &page)?;
    let signup = SignupRequest {
        email: fields.email()?,
        password: Password::chosen(fields.required(&["password", "Password"])?).map_err(AuthFailure::from)?,
        username: fields.name(&["username", "Username"])?,
        name: fields.name(&["name", "Name"])?,
        tenant: fields.tenant()?,
        role: fields.role()?,
        mode,
    };
    let pair = service.sign_up(signup).await?;
    let status = if fields.are_capitalised() { StatusCode::OK } else { StatusCode::CREATED };
    Ok(admitted(status, pair))
}

async fn log_in(
    State(service): Service,
    Address(address): Address,
    page: Page,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    service.admit(&address).await?;
    let fields = Fields::read(&headers, body).await?;
    let mode = session_mode(&fields, &page)?;
    let login = LoginRequest {
        email: fields.required(&["email", "Email"])?,
        password: fields.required(&["password", "Password"])?,
        tenant: fields.tenant()?,
        address: &address,
        mode,
    };
    match service.log_in(login).await {
        Ok(pair) => Ok(admitted(StatusCode::OK, pair)),
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
    page: Page,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    if page.is_meant {
        return refresh_page(&service, &address, &page).await;
    }
    let fields = Fields::read(&headers, body).await?;
    let in_body = fields.text(&["refresh_token", "refreshToken", "RefreshToken"])?;
    let token = match in_body {
        Some(token) => token,
        None => bearer(&headers)?,
    };
    match service.refresh(token, SessionMode::Token, &address).await {
        Ok(pair) => Ok(admitted(StatusCode::OK, pair)),
        Err(AuthFailure::Superseded) => Err(AuthFailure::InvalidToken.into()),
        Err(failure) => Err(failure.into()),
    }
}

async fn refresh_page(service: &AuthService, address: &str, page: &Page) -> Result<Response, Problem> {
    match service.refresh(page.token()?, SessionMode::Cookie, address).await {
        Ok(pair) => Ok(admitted(StatusCode::OK, pair)),
        Err(AuthFailure::InvalidToken) => Err(AuthFailure::NoSession.into()),
        Err(failure) => Err(failure.into()),
    }
}

async fn who_am_i(State(service): Service, headers: HeaderMap) -> Result<Response, Problem> {
    let user = service.who_am_i(bearer(&headers)?).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(UserDocument::from(user))).into_response())
}

/// Ends the session of the bearer token, and of the page's cookie where the request means it.
async fn log_out(State(service): Service, page: Page, headers: HeaderMap) -> Result<Response, Problem> {
    let was_there = match page.is_meant {
        true => {
            page.check_origin()?;
            let of_cookie = match page.token() {
                Ok(cookie) => ended(service.log_out_page(cookie).await)?,
                Err(_) => false,
            };
            let of_bearer = match bearer(&headers) {
                Ok(token) => ended(service.log_out(token).await)?,
                Err(_) => false,
            };
            of_cookie || of_bearer
        }
        false => service.log_out(bearer(&headers)?).await.map(|()| true)?,
    };
    match was_there {
        true => Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie::cleared())]).into_response()),
        false => Err(AuthFailure::NoSession.into()),
    }
}

/// Whether a session was ended; that there was none is no error.
fn ended(result: Result<(), AuthFailure>) -> Result<bool, AuthFailure> {
    match result {
        Ok(()) => Ok(true),
        Err(AuthFailure::InvalidToken | AuthFailure::NoSession) => Ok(false),
        Err(failure) => Err(failure),
    }
}

async fn public_keys(State(service): Service) -> Result<Response, Problem> {
    let keys = service.sessions.jwks().await.map_err(AuthFailure::from)?;
    Ok(([(CACHE_CONTROL, KEYS_CACHED)], Json(keys)).into_response())
}
