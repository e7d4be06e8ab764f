//! The seeds of access tokens, read once when the directory is opened: a changed key file needs a restart.

use crate::store::Store;
use async_trait::async_trait;
use domain::ports::secrets::TokenSeeds;
use domain::ports::{self, PortError};

#[derive(Clone)]
pub struct Secrets {
    token_seeds: TokenSeeds,
}

impl Secrets {
    pub fn new(store: &Store) -> Self {
        Secrets { token_seeds: store.keys().token_seeds().into() }
    }
}

#[async_trait]
impl ports::Secrets for Secrets {
    async fn token_seeds(&self) -> Result<TokenSeeds, PortError> {
        Ok(self.token_seeds.clone())
    }

    async fn token_seeds_for_unknown(&self) -> Result<TokenSeeds, PortError> {
        Ok(self.token_seeds.clone())
    }
}
