//! The page's session: its refresh token is in a cookie, which a browser adds to every request. A request uses the cookie only
//! with a header that no page of another origin can send, and never where the browser names another origin.

use super::cookie;
use super::failure::AuthFailure;
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};
use std::net::IpAddr;

/// Another origin can send it only after a preflight, which CORS does not allow.
const PAGE: HeaderName = HeaderName::from_static("x-semblante-page");

/// What a request shows of the page that sent it.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The request has `X-Semblante-Page: 1`: it means the cookie.
    pub is_meant: bool,
    /// A browser sent it from another origin.
    pub is_foreign: bool,
    /// Its `Host` is this installation, so that no other name leads to this address (DNS rebinding).
    pub has_own_host: bool,
    cookie: Option<String>,
}

impl Page {
    pub fn of(headers: &HeaderMap, public_url: &str, peer: Option<IpAddr>) -> Self {
        let host = sole(headers, &HOST).map(str::to_ascii_lowercase);
        let local = host.filter(|host| peer.is_some_and(is_loopback) && is_loopback_name(host));
        let local = local.map(|host| format!("http://{host}"));
        let own = [Some(normal(public_url)), local.as_deref().map(normal)];
        let is_own = |origin: &str| own.iter().flatten().any(|own| *own == normal(origin));
        let named = sole(headers, &HOST).map(|host| format!("{}://{host}", scheme(public_url)));
        Page {
            is_meant: sole(headers, &PAGE) == Some("1"),
            is_foreign: headers.contains_key(ORIGIN) && !sole(headers, &ORIGIN).is_some_and(is_own),
            has_own_host: local.is_some() || named.is_some_and(|named| is_own(&named)),
            cookie: cookie::token(headers).map(str::to_owned),
        }
    }

    /// Errors: the request is of another site's page.
    pub fn check_origin(&self) -> Result<(), AuthFailure> {
        if self.is_foreign { Err(AuthFailure::ForeignOrigin) } else { Ok(()) }
    }

    /// The token in the cookie, for a request that means it. Errors: there is none.
    pub fn token(&self) -> Result<&str, AuthFailure> {
        self.check_origin()?;
        self.cookie.as_deref().filter(|_| self.is_meant).ok_or(AuthFailure::NoSession)
    }
}

/// The value of a header that comes once.
fn sole<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|_| values.next().is_none())?;
    value.to_str().ok()
}

fn scheme(url: &str) -> &str {
    url.split_once("://").map_or("http", |(scheme, _)| scheme)
}

/// An origin as browsers write it: lower case, without the scheme's own port.
fn normal(origin: &str) -> String {
    let origin = origin.to_ascii_lowercase();
    let port = if origin.starts_with("https:") { ":443" } else { ":80" };
    origin.strip_suffix(port).map_or_else(|| origin.clone(), str::to_owned)
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Whether this host, with or without a port, can only be this machine.
fn is_loopback_name(host: &str) -> bool {
    let port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = host.rsplit_once(':').filter(|(_, text)| port(text)).map_or(host, |(name, _)| name);
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name == "localhost" || address.parse().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn page(url: &str, peer: &str, headers: &[(&'static str, &str)]) -> Page {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        Page::of(&map, url, peer.parse().ok())
    }

    #[test]
    fn only_our_origin_is_not_foreign() {
        let public = "https://photos.example";
        for (url, peer, host, origin, foreign) in [
            (public, "192.0.2.1", "photos.example", "https://photos.example", false),
            ("https://Photos.example:443", "192.0.2.1", "x", "https://photos.example", false),
            (public, "192.0.2.1", "photos.example", "http://photos.example", true),
            (public, "192.0.2.1", "photos.example", "https://photos.example.evil.example", true),
            (public, "192.0.2.1", "photos.example", "https://evil.example", true),
            (public, "192.0.2.1", "evil.example", "https://evil.example", true),
            (public, "192.0.2.1", "photos.example", "null", true),
            (public, "127.0.0.1", "127.0.0.1:8080", "http://127.0.0.1:8080", false),
            (public, "::1", "[::1]:8080", "http://[::1]:8080", false),
            (public, "::ffff:127.0.0.1", "localhost:8080", "http://localhost:8080", false),
            (public, "127.0.0.1", "localhost", "http://localhost", false),
            (public, "127.0.0.1", "localhost:8080", "http://localhost:9999", true),
            (public, "127.0.0.1", "localhost:8080", "http://127.0.0.1:8080", true),
            (public, "127.0.0.1", "evil.example:8080", "http://evil.example:8080", true),
            (public, "127.0.0.1", "127.0.0.1.evil.example", "http://127.0.0.1.evil.example", true),
            (public, "127.0.0.1", "localhost.evil.example:80", "http://localhost.evil.example", true),
            (public, "192.0.2.1", "localhost:8080", "http://localhost:8080", true),
        ] {
            let page = page(url, peer, &[("host", host), ("origin", origin)]);
            assert_eq!(page.is_foreign, foreign, "{url} {peer} {host} {origin}");
        }
        assert!(!page(public, "192.0.2.1", &[("host", "x")]).is_foreign, "no browser sent it");
        let two = [("host", "x"), ("origin", public), ("origin", "https://evil.example")];
        assert!(page(public, "192.0.2.1", &two).is_foreign);
    }

    #[test]
    fn a_rebound_name_is_not_our_host() {
        for (peer, host, own) in [
            ("192.0.2.1", "photos.example", true),
            ("192.0.2.1", "PHOTOS.example:443", true),
            ("192.0.2.1", "photos.example:8080", false),
            ("192.0.2.1", "localhost:8080", false),
            ("127.0.0.1", "localhost:8080", true),
            ("127.0.0.1", "evil.example:8080", false),
        ] {
            let page = page("https://photos.example", peer, &[("host", host)]);
            assert_eq!(page.has_own_host, own, "{peer} {host}");
        }
    }

    #[test]
    fn the_cookie_is_used_only_where_it_is_meant() {
        let cookie = ("cookie", "a=b; __Host-refresh=abc; c=d");
        for (headers, expected) in [
            (vec![cookie, ("x-semblante-page", "1")], Some("abc")),
            (vec![("cookie", "a=b"), cookie, ("x-semblante-page", "1")], Some("abc")),
            (vec![cookie], None),
            (vec![cookie, ("x-semblante-page", "0")], None),
            (vec![("cookie", "refresh=abc; x__Host-refresh=abc"), ("x-semblante-page", "1")], None),
            (vec![cookie, ("x-semblante-page", "1"), ("origin", "http://evil.example")], None),
        ] {
            let page = page("https://photos.example", "192.0.2.1", &headers);
            assert_eq!(page.token().ok(), expected, "{headers:?}");
        }
    }
}
