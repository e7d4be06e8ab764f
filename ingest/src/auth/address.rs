//! A request's address, for throttling.

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use domain::network::{Network, customer};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// As [`customer`] has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(pub String);

impl Address {
    /// The caller of a request. A server that does not provide [`ConnectInfo`] puts all callers under one address.
    pub(crate) fn of_request(parts: &Parts, trusted: &[Network]) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        Address::of(peer, &parts.headers, trusted)
    }

    /// The caller behind `peer`: its forwarded address where `peer` is a trusted proxy.
    fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let trusts = |address: &IpAddr| trusted.iter().any(|network| network.contains(*address));
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
        Address(customer(caller).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_trusted_proxies_count() {
        let trusted = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap(), "fd00::/8".parse().unwrap()];
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
            ("fd12::1", Some("1.2.3.4"), "1.2.3.4"),
            ("fe80::1", Some("1.2.3.4"), "fe80::"),
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
