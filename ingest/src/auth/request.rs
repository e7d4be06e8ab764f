//! What the handlers of accounts read from a request.

use super::address::Address;
use super::failure::AuthFailure;
use super::fields::Fields;
use super::page_session::Page;
use super::service::AuthService;
use super::sessions::SessionMode;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

pub type Service = State<Arc<AuthService>>;

impl FromRequestParts<Arc<AuthService>> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<AuthService>) -> Result<Self, Infallible> {
        Ok(Address::of_request(parts, &service.settings.trusted_proxies))
    }
}

impl FromRequestParts<Arc<AuthService>> for Page {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<AuthService>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        Ok(Page::of(&parts.headers, &service.settings.public_url, peer))
    }
}

/// A page of another origin gets no cookie.
pub fn session_mode(fields: &Fields, page: &Page) -> Result<SessionMode, AuthFailure> {
    let mode = fields.session_mode()?;
    if mode == SessionMode::Cookie {
        page.check_origin()?;
    }
    Ok(mode)
}

/// The token of an `Authorization: Bearer` header (RFC 6750, 2.1).
pub fn bearer(headers: &HeaderMap) -> Result<&str, AuthFailure> {
    let value = headers.get(AUTHORIZATION).ok_or(AuthFailure::NoToken)?;
    let value = value.to_str().map_err(|_| AuthFailure::InvalidToken)?;
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(AuthFailure::NoToken),
    }
}
