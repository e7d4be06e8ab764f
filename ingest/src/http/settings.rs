//! What an operator can set of the API.

use std::time::Duration;

/// Limits and addresses of the API.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// Scheme, host and port under which clients reach it; no path. All links begin with it, whatever `Host` says.
    pub public_url: String,
    /// Whether requests are answered at all; if not, only those for health are.
    pub accept_traffic: bool,
    /// How long a presigned PUT works.
    pub url_ttl: Duration,
    /// The most bytes of a photo that is put with a presigned URL.
    pub max_photo_bytes: u64,
    /// The most bytes of a photo that is sent to the API itself.
    pub max_inline_bytes: u64,
    /// The most bytes of bodies that are held in memory at a time; beyond it requests are sent away with 503.
    pub max_bytes_in_memory: u64,
    /// The longest `Prefer: wait`.
    pub max_wait: Duration,
    /// How many requests may wait at a time; beyond it they are answered at once.
    pub max_waiters: usize,
    /// How long a request may take, its body and its waiting included.
    pub request_timeout: Duration,
    /// How long a body may stall in between.
    pub body_idle_timeout: Duration,
    /// Origins that browsers may call from; `*` for all.
    pub allowed_origins: Vec<String>,
}

impl HttpSettings {
    /// The defaults, below `public_url`.
    pub fn new(public_url: &str) -> Self {
        HttpSettings {
            public_url: public_url.trim_end_matches('/').to_owned(),
            accept_traffic: true,
            url_ttl: Duration::from_secs(900),
            max_photo_bytes: 20 << 20,
            max_inline_bytes: 10 << 20,
            max_bytes_in_memory: 128 << 20,
            max_wait: Duration::from_secs(25),
            max_waiters: 1000,
            request_timeout: Duration::from_secs(60),
            body_idle_timeout: Duration::from_secs(10),
            allowed_origins: Vec::new(),
        }
    }
}
