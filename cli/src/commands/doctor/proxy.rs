//! Checks of who reaches the API. Behind a proxy: without `trusted_proxies` all its callers are one address, and are throttled as one.

use super::finding::Finding;
use crate::settings::Settings;
use domain::network::Network;

const DEMO_USER: &str = "demo user";
const PROXIES: &str = "proxies";

/// The demo user needs no password.
pub fn demo_user(settings: &Settings) -> Finding {
    match (settings.has_demo_user(), settings.is_of_this_machine()) {
        (false, _) => Finding::ok(DEMO_USER, "off"),
        (true, true) => Finding::ok(DEMO_USER, "on: everyone at this machine can use it without a password"),
        (true, false) => {
            let text =
                "on: everyone who reaches this machine can use it without a password; set demo_user to off";
            Finding::warning(DEMO_USER, text)
        }
    }
}

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
    use crate::settings::Sources;

    #[test]
    fn a_demo_user_for_strangers_is_warned_of() {
        for (toml, state) in [
            ("", State::Ok),
            ("demo_user = 'off'\nlisten = '0.0.0.0:80'", State::Ok),
            ("demo_user = 'on'\nlisten = '0.0.0.0:80'", State::Warning),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let config = folder.path().join("semblante.toml");
            std::fs::write(&config, toml).unwrap();
            let sources = Sources { config: Some(config), ..Sources::default() };
            assert_eq!(demo_user(&Settings::read(&sources).unwrap().0).state, state, "{toml}");
        }
    }

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
