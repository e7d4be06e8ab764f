//! A check of the settings behind a proxy: without `trusted_proxies` all its callers are one address, and are throttled as one.

use super::finding::Finding;
use domain::network::Network;

const PROXIES: &str = "proxies";

/// None if nothing tells of a proxy.
pub fn check(listen: &str, public_url: Option<&str>, trusted: &[Network]) -> Option<Finding> {
    if !trusted.is_empty() {
        return Some(Finding::ok(PROXIES, format!("{} trusted", trusted.len())));
    }
    let public_url = public_url?;
    let host = |address: &str| address.rsplit_once(':').map_or(address, |(host, _)| host).to_owned();
    let is_local = |host: &str| matches!(host, "localhost" | "[::1]") || host.starts_with("127.");
    let public_host = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let is_forwarded = is_local(&host(listen)) && !is_local(&host(public_host));
    (public_url.starts_with("https://") || is_forwarded).then(|| {
        Finding::warning(
            PROXIES,
            format!(
                "{public_url} is reached through a proxy, and trusted_proxies is empty: all its callers are throttled, \
                 and limited in connections, as one address; set trusted_proxies to the proxy's address"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn a_proxy_that_is_not_trusted_is_warned_of() {
        let proxy: [Network; 1] = ["127.0.0.1".parse().unwrap()];
        for (listen, public_url, trusted, expected) in [
            ("127.0.0.1:8080", None, &[][..], None),
            ("0.0.0.0:80", Some("http://photos.example"), &[], None),
            ("127.0.0.1:8080", Some("http://localhost:8080"), &[], None),
            ("127.0.0.1:8080", Some("http://photos.example"), &[], Some(State::Warning)),
            ("[::1]:8080", Some("http://photos.example:80"), &[], Some(State::Warning)),
            ("0.0.0.0:8080", Some("https://photos.example"), &[], Some(State::Warning)),
            ("0.0.0.0:8080", Some("https://photos.example"), &proxy, Some(State::Ok)),
        ] {
            let state = check(listen, public_url, trusted).map(|finding| finding.state);
            assert_eq!(state, expected, "{listen} {public_url:?}");
        }
    }
}
