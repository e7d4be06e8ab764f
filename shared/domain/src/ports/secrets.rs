//! What an installation keeps secret: Secrets Manager, or files of the data directory.

use super::error::PortError;
use async_trait::async_trait;
use std::sync::Arc;

/// The Ed25519 seeds of the keys that sign access tokens, at least one. The first signs and all of them verify, so that
/// a new one put before the old one lets tokens of the old one live out their time.
pub type TokenSeeds = Arc<[[u8; 32]]>;

/// The secrets. They may change while the process runs; the same seeds stay the same [`Arc`], so that whoever made
/// something of them need not make it again.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The seeds, at most a few minutes old.
    async fn token_seeds(&self) -> Result<TokenSeeds, PortError>;

    /// The seeds after a token came whose key is none of them: as new as can be had, without asking anew for every
    /// forged token.
    async fn token_seeds_for_unknown(&self) -> Result<TokenSeeds, PortError>;
}
