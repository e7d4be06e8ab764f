//! The cookie with the page's refresh token.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// The prefix binds the cookie to this host, to HTTPS (or loopback) and to every path (RFC 6265bis, 4.1.3.2).
const NAME: &str = "__Host-refresh";
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";
/// `Set-Cookie` with a refresh token, which is base64url.
pub fn set(token: &str) -> HeaderValue {
    let cookie = format!("{NAME}={token}; {ATTRIBUTES}");
    HeaderValue::from_str(&cookie).expect("base64url and the attributes are visible ASCII")
}

/// `Set-Cookie` that deletes the cookie.
pub fn cleared() -> HeaderValue {
    let cookie = format!("{NAME}=; {ATTRIBUTES}; Max-Age=0");
    HeaderValue::from_str(&cookie).expect("the attributes are visible ASCII")
}

/// The refresh token in a request's cookie.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == NAME).map(|(_, value)| value)
}
