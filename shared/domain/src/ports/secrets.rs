//! The secrets of an installation: Secrets Manager, or files of the data directory.

use super::error::PortError;
use async_trait::async_trait;
use std::sync::Arc;

/// The Ed25519 seeds of the keys of access tokens, at least two. The first signs. All verify and are published: the second
/// signs after the next rotation, so that others who keep the published keys for a while know it by then; the third signed
/// before the last one.
pub type TokenSeeds = Arc<[[u8; 32]]>;

/// The seeds after a rotation; `fresh` is the one that signs after the next.
pub fn rotated(seeds: &TokenSeeds, fresh: [u8; 32]) -> TokenSeeds {
    Arc::new([seeds[1], fresh, seeds[0]])
}

/// Reads the secrets. They may change while the process runs; unchanged seeds stay the same [`Arc`], so that callers can
/// cache what they derive from them.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The seeds, at most a few minutes old.
    async fn token_seeds(&self) -> Result<TokenSeeds, PortError>;

    /// The seeds after a token came with an unknown key: as new as possible, without a request for every forged token.
    async fn token_seeds_for_unknown(&self) -> Result<TokenSeeds, PortError>;

    /// Replaces the seeds by [`rotated`] ones. Concurrent rotations may be one.
    async fn rotate(&self) -> Result<(), PortError>;
}
