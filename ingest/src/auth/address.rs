//! A request's address, for throttling, and the networks of proxies that may tell it.

use super::service::AuthService;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

/// An IPv4 address, or an IPv6 network of 64 bits: one customer has a whole one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(pub String);

/// Addresses with a common prefix, as `10.0.0.0/8`; without a prefix length, one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// As IPv6; IPv4 addresses are mapped.
    first: u128,
    /// Bits, of 128.
    prefix: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an IP address nor a network such as 10.0.0.0/8")]
pub struct InvalidNetwork(String);

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(raw: &str) -> Result<Self, InvalidNetwork> {
        let invalid = || InvalidNetwork(raw.chars().take(80).collect());
        let (address, prefix) = raw.split_once('/').map_or((raw, None), |(first, bits)| (first, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(bits), |prefix| prefix.parse().map_err(|_| invalid()))?;
        if prefix > bits {
            return Err(invalid());
        }
        let prefix = 128 - bits + prefix;
        Ok(Network { first: mapped(address) & mask(prefix), prefix })
    }
}

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        mapped(address) & mask(self.prefix) == self.first
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn mask(prefix: u32) -> u128 {
    u128::MAX.checked_shl(128 - prefix).unwrap_or(0)
}

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

    #[test]
    fn networks_are_read_and_contain_their_addresses() {
        for (network, inside, outside) in [
            ("10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("10.1.2.3/8", "10.255.0.1", "11.0.0.1"),
            ("192.168.4.0/22", "192.168.7.255", "192.168.8.0"),
            ("10.0.0.0/8", "::ffff:10.9.9.9", "a00::"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("0.0.0.0/0", "255.1.2.3", "2001:db8::"),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert!(parsed.contains(inside.parse().unwrap()), "{network} {inside}");
            assert!(!parsed.contains(outside.parse().unwrap()), "{network} {outside}");
        }
        assert!("::/0".parse::<Network>().unwrap().contains("10.0.0.1".parse().unwrap()));
        for bad in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/-1", "10.0.0.0/", "proxy.example"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }
}
