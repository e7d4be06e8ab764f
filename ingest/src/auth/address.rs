//! A request's address, for throttling.

use super::service::AuthService;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// An IPv4 address, or an IPv6 network of 64 bits: one customer has a whole one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(pub String);

impl FromRequestParts<Arc<AuthService>> for Address {
    type Rejection = Infallible;

    /// A server that does not provide [`ConnectInfo`] puts all callers under one address.
    async fn from_request_parts(parts: &mut Parts, service: &Arc<AuthService>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        Ok(Address::of(peer, &parts.headers, &service.settings.trusted_proxies))
    }
}

impl Address {
    fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> Self {
        let trusts = |address: &IpAddr| trusted.contains(&address.to_canonical());
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
        let mut caller = peer;
        // From the nearest hop outwards: only what a trusted proxy wrote counts.
        for hop in hops.into_iter().rev() {
            match hop.parse() {
                Ok(address) if trusts(&caller) => caller = address,
                _ => break,
            }
        }
        Address(match caller.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_trusted_proxies_count() {
        let trusted = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        for (peer, forwarded, expected) in [
            ("192.0.2.7", None, "192.0.2.7"),
            ("192.0.2.7", Some("1.2.3.4"), "192.0.2.7"),
            ("10.0.0.1", None, "10.0.0.1"),
            ("10.0.0.1", Some("1.2.3.4"), "1.2.3.4"),
            ("10.0.0.1", Some("6.6.6.6, 1.2.3.4"), "1.2.3.4"),
            ("10.0.0.1", Some("6.6.6.6, 1.2.3.4, 10.0.0.2"), "1.2.3.4"),
            ("10.0.0.1", Some("garbage"), "10.0.0.1"),
            ("10.0.0.1", Some("1.2.3.4, garbage"), "10.0.0.1"),
            ("::ffff:10.0.0.1", Some("1.2.3.4"), "1.2.3.4"),
            ("2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(forwarded) = forwarded {
                headers.insert("x-forwarded-for", HeaderValue::from_static(forwarded));
            }
            let address = Address::of(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(address.0, expected, "{peer} {forwarded:?}");
        }
    }
}
