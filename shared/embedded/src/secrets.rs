//! The seeds of access tokens, read when the directory is opened: a key file that is changed by hand needs a restart.

use crate::store::Store;
use async_trait::async_trait;
use domain::ports::secrets::TokenSeeds;
use domain::ports::{self, PortError};

#[derive(Clone)]
pub struct Secrets {
    store: Store,
}

impl Secrets {
    pub fn new(store: &Store) -> Self {
        Secrets { store: store.clone() }
    }
}

#[async_trait]
impl ports::Secrets for Secrets {
    async fn token_seeds(&self) -> Result<TokenSeeds, PortError> {
        Ok(self.store.keys().token_seeds())
    }

    async fn token_seeds_for_unknown(&self) -> Result<TokenSeeds, PortError> {
        self.token_seeds().await
    }

    async fn rotate(&self) -> Result<(), PortError> {
        let store = self.store.clone();
        let rotated = tokio::task::spawn_blocking(move || store.keys().rotate()).await;
        rotated.map_err(PortError::broken)?.map_err(PortError::broken)
    }
}
