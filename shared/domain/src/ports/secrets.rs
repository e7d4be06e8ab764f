//! The secrets of an installation: Secrets Manager, or files of the data directory.

use super::error::PortError;
use async_trait::async_trait;
use std::sync::Arc;

/// The Ed25519 seeds of the keys that sign access tokens, at least one. The first signs and all of them verify, so that
/// tokens of an old key stay valid when a new one is put before it.
pub type TokenSeeds = Arc<[[u8; 32]]>;

/// Reads the secrets. They may change while the process runs; unchanged seeds stay the same [`Arc`], so that callers can
/// cache what they derive from them.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The seeds, at most a few minutes old.
    async fn token_seeds(&self) -> Result<TokenSeeds, PortError>;

    /// The seeds after a token came with an unknown key: as new as possible, without a request for every forged token.
    async fn token_seeds_for_unknown(&self) -> Result<TokenSeeds, PortError>;
}
