//! Settings of authentication.

use domain::TenantId;
use domain::network::Network;
use domain::ports::throttle::{Beyond, Rule};
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// `PUBLIC_URL`: issuer and audience of access tokens.
    pub public_url: String,
    /// The tenant of requests that name none.
    pub default_tenant: TenantId,
    /// The proxies whose `X-Forwarded-For` counts; it is ignored from any other peer.
    pub trusted_proxies: Vec<Network>,
    /// Whether a user may create a tenant of their own, as its first admin.
    pub tenant_signup: bool,
    /// Whether `POST /api/v1/auth/demo` begins sessions of the demo user.
    pub demo_user: bool,
    /// Exports at once, of which a user has one in four; 0 where an answer cannot be as large as an export.
    pub max_exports: u64,
    /// Failed logins per account and address.
    pub failures: Rule,
    /// Logins of an account from addresses at which it has never logged in, all of them together.
    pub strangers: Rule,
    /// Signups, logins and refreshes with an invalid token per address.
    pub requests: Rule,
    /// How often a session may be refreshed.
    pub refreshes: Rule,
}

impl AuthSettings {
    /// The defaults: tenant `default`, no proxies, no demo user, no new
    /// tenants; 10 failures in 10 minutes, then delays of 1 s to a minute; of
    /// an account from strange addresses 100 in 10 minutes, then delays of 1 to 5 s; 60 requests a minute.
    pub fn new(public_url: &str) -> Self {
        AuthSettings {
            public_url: public_url.trim_end_matches('/').to_owned(),
            default_tenant: TenantId::parse("default").expect("a legal id"),
            trusted_proxies: Vec::new(),
            demo_user: false,
            tenant_signup: false,
            max_exports: 4,
            failures: Rule {
                free: 10,
                window: Duration::from_secs(600),
                beyond: Beyond::Delay { first: Duration::from_secs(1), most: Duration::from_secs(60) },
            },
            strangers: Rule {
                free: 100,
                window: Duration::from_secs(600),
                beyond: Beyond::Delay { first: Duration::from_secs(1), most: Duration::from_secs(5) },
            },
            requests: Rule { free: 60, window: Duration::from_secs(60), beyond: Beyond::Refuse },
            refreshes: Rule { free: 60, window: Duration::from_secs(60), beyond: Beyond::Refuse },
        }
    }
}
