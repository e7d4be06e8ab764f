//! The routes of authentication.

use super::address::Address;
use super::documents::{
    IssuerDocument, KeySetDocument, LoginFields, RefreshFields, SignupFields, TokenDocument, UserDocument,
    admitted, private,
};
use super::failure::AuthFailure;
use super::fields::Fields;
use super::page_session::Page;
use super::password::Password;
use super::request::{Service, bearer, session_mode};
use super::service::{AuthService, LoginRequest, SignupRequest};
use super::sessions::SessionMode;
use super::{cookie, demo, export, reset, session_list, users, usuarios};
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// A new key is published for longer than this before it signs.
const KEYS_CACHED: &str = "public, max-age=300";

/// Merge these into a larger router with the layer [`crate::request_context::around`]. The server must provide
/// [`axum::extract::ConnectInfo`]: throttling goes by the peer's address.
pub fn routes(service: Arc<AuthService>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(sign_up))
        .routes(routes!(log_in))
        .routes(routes!(demo::begin))
        .routes(routes!(session_list::change_password))
        .routes(routes!(reset::reset))
        .routes(routes!(reset::issue))
        .routes(routes!(session_list::list, session_list::end_others))
        .routes(routes!(session_list::end))
        .routes(routes!(who_am_i, post_who_am_i))
        .routes(routes!(log_out))
        .routes(routes!(refresh))
        .routes(routes!(users::list))
        // As older clients write it; a described path has no slash at its end.
        .route("/api/v1/users/", get(users::list))
        .routes(routes!(users::erase))
        .routes(routes!(export::get))
        .routes(routes!(users::get))
        .routes(routes!(users::get_as_older_clients_do))
        .routes(routes!(usuarios::create))
        .routes(routes!(usuarios::log_in))
        .routes(routes!(public_keys))
        .routes(routes!(issuer))
        .with_state(service)
}

/// Sign up with an e-mail address.
#[utoipa::path(
    post, path = "/api/v1/auth/signup", operation_id = "sign_up", tag = "accounts", security(()), request_body = SignupFields,
    responses((status = 201, description = "Signed up", body = TokenDocument), (status = 200, description = "Signed up, to a client that writes capitalised keys", body = TokenDocument)),
    extensions(("x-gives" = json!(["200 Set-Cookie", "201 Set-Cookie"])), ("x-problems" = json!(["422 invalid_field", "422 missing_field", "403 foreign_origin", "422 invalid_session", "403 role_not_allowed", "403 tenant_closed", "409 email_taken", "422 invalid_email", "422 invalid_name", "422 invalid_password", "422 invalid_role", "422 invalid_tenant_id", "429 too_many_requests"]))),
)]
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

/// Log in.
///
/// A client that writes capitalised keys gets 400 for wrong credentials.
#[utoipa::path(
    post, path = "/api/v1/auth/login", operation_id = "log_in", tag = "accounts", security(()), request_body = LoginFields,
    responses((status = 200, description = "Logged in", body = TokenDocument)),
    extensions(("x-gives" = json!(["200 Set-Cookie"])), ("x-problems" = json!(["422 invalid_field", "422 missing_field", "403 foreign_origin", "422 invalid_session", "400 wrong_credentials", "401 wrong_credentials", "422 invalid_tenant_id", "429 too_many_requests"]))),
)]
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

/// Get new tokens.
///
/// The refresh token is in the body, the bearer token, or, with X-Semblante-Page, in the cookie.
#[utoipa::path(
    post, path = "/api/v1/token/refresh", operation_id = "refresh_session", tag = "accounts", security(("refresh" = []), ("page" = []), ()), request_body(content = Option<RefreshFields>),
    responses((status = 200, description = "New tokens", body = TokenDocument)),
    extensions(("x-takes" = json!(["X-Semblante-Page"])), ("x-gives" = json!(["200 Set-Cookie", "401 Set-Cookie"])), ("x-problems" = json!(["401 invalid_token", "401 missing_token", "401 no_session", "403 foreign_origin", "409 session_refreshed", "422 invalid_field", "429 too_many_requests"]))),
)]
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

/// Get the user of the token.
#[utoipa::path(
    get, path = "/api/v1/auth/whoami", operation_id = "get_own_user", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The user", body = UserDocument)),
    extensions(("x-problems" = json!([]))),
)]
async fn who_am_i(State(service): Service, headers: HeaderMap) -> Result<Response, Problem> {
    let user = service.who_am_i(bearer(&headers)?).await?;
    Ok(private(StatusCode::OK, UserDocument::from(user)))
}

/// Get the user of the token.
#[utoipa::path(
    post, path = "/api/v1/auth/whoami", operation_id = "post_own_user", tag = "accounts", security(("bearer" = [])),
    responses((status = 200, description = "The user", body = UserDocument)),
    extensions(("x-problems" = json!([]))),
)]
async fn post_who_am_i(service: Service, headers: HeaderMap) -> Result<Response, Problem> {
    who_am_i(service, headers).await
}

/// End the session.
///
/// That of the bearer token, and of the page's cookie where the request means it.
#[utoipa::path(
    post, path = "/api/v1/auth/logout", operation_id = "log_out", tag = "accounts", security(("bearer" = []), ("page" = [])),
    responses((status = 204, description = "Ended")),
    extensions(("x-takes" = json!(["X-Semblante-Page"])), ("x-gives" = json!(["204 Set-Cookie", "401 Set-Cookie"])), ("x-problems" = json!(["401 no_session", "403 foreign_origin"]))),
)]
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

/// Get the keys that access tokens are signed with.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "get_public_keys", tag = "accounts", security(()),
    responses((status = 200, description = "A JSON Web Key Set", body = KeySetDocument)),
    extensions(("x-problems" = json!([]))),
)]
async fn public_keys(State(service): Service) -> Result<Response, Problem> {
    let keys = service.sessions.jwks().await.map_err(AuthFailure::from)?;
    Ok(([(CACHE_CONTROL, KEYS_CACHED)], Json(keys)).into_response())
}

/// Get where the keys of access tokens are, and which claims the tokens have.
#[utoipa::path(
    get, path = "/.well-known/openid-configuration", operation_id = "get_issuer", tag = "accounts", security(()),
    responses((status = 200, description = "The issuer's metadata", body = IssuerDocument)),
    extensions(("x-problems" = json!([]))),
)]
async fn issuer(State(service): Service) -> Response {
    ([(CACHE_CONTROL, KEYS_CACHED)], Json(IssuerDocument::of(service.sessions.issuer()))).into_response()
}
