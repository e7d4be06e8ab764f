//! The signing keys of access tokens, rotated without a restart.

use super::caller::AuthError;
use super::token::{AccessTokens, Claims, InvalidToken};
use crate::cache::Cache;
use domain::ports::secrets::TokenSeeds;
use domain::ports::{PortError, Secrets};
use domain::{Sha256, Timestamp};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// Signs and verifies with the current keys.
pub struct TokenKeys {
    issuer: String,
    secrets: Arc<dyn Secrets>,
    /// The seeds, and the keys made of them.
    made: Mutex<(TokenSeeds, Arc<KeySet>)>,
}

/// Keys, and the claims of tokens that they have verified: a signature is not computed for every request. Expiry and the
/// session are checked every time all the same.
struct KeySet {
    tokens: AccessTokens,
    verified: Cache<Sha256, Arc<Claims>>,
}

#[derive(Debug, thiserror::Error)]
pub enum NoKeys {
    #[error("no key to sign access tokens with")]
    None,
    #[error(transparent)]
    Port(#[from] PortError),
}

impl TokenKeys {
    /// Reads the keys for tokens of `issuer`.
    pub async fn open(issuer: &str, secrets: Arc<dyn Secrets>) -> Result<Self, NoKeys> {
        let seeds = secrets.token_seeds().await?;
        let keys = KeySet::new(issuer, &seeds).ok_or(NoKeys::None)?;
        Ok(TokenKeys { issuer: issuer.to_owned(), secrets, made: Mutex::new((seeds, Arc::new(keys))) })
    }

    /// Both issuer and audience of the tokens.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    pub async fn sign(&self, claims: &Claims) -> Result<String, PortError> {
        Ok(self.current().await?.tokens.sign(claims))
    }

    /// The public keys as a JWK Set (RFC 7517).
    pub async fn jwks(&self) -> Result<Value, PortError> {
        Ok(self.current().await?.tokens.jwks())
    }

    /// Errors: not a token of ours, expired, or the secrets cannot be read.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Claims>, AuthError> {
        let keys = self.current().await?;
        match keys.verify(token, now) {
            Err(InvalidToken) if keys.tokens.is_of_unknown_key(token) => {
                let newest = self.made_of(self.secrets.token_seeds_for_unknown().await?);
                newest.verify(token, now).map_err(|InvalidToken| AuthError::Invalid)
            }
            verified => verified.map_err(|InvalidToken| AuthError::Invalid),
        }
    }

    async fn current(&self) -> Result<Arc<KeySet>, PortError> {
        Ok(self.made_of(self.secrets.token_seeds().await?))
    }

    /// Makes new keys when the seeds have changed. Without a seed the last keys stay.
    fn made_of(&self, seeds: TokenSeeds) -> Arc<KeySet> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&made.0, &seeds)
            && let Some(keys) = KeySet::new(&self.issuer, &seeds)
        {
            *made = (seeds, Arc::new(keys));
        }
        made.1.clone()
    }
}

impl KeySet {
    fn new(issuer: &str, seeds: &[[u8; 32]]) -> Option<Self> {
        Some(KeySet { tokens: AccessTokens::new(issuer, seeds)?, verified: Cache::default() })
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Claims>, InvalidToken> {
        let digest = Sha256::of(token.as_bytes());
        if let Some(claims) = self.verified.get(&digest, now) {
            return Ok(claims);
        }
        let claims = Arc::new(self.tokens.verify(token, now)?);
        let until = Timestamp::from_second(claims.exp).unwrap_or(Timestamp::MAX);
        self.verified.insert(digest, claims.clone(), until, now);
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tests::claims;
    use super::*;
    use async_trait::async_trait;
    use domain::fixture;

    /// Seeds that a test changes: those read usually, and those read for an unknown key.
    struct Changing(Mutex<(TokenSeeds, TokenSeeds)>);

    impl Changing {
        fn set(&self, usual: TokenSeeds, newest: TokenSeeds) {
            *self.0.lock().unwrap() = (usual, newest);
        }
    }

    #[async_trait]
    impl Secrets for Changing {
        async fn token_seeds(&self) -> Result<TokenSeeds, PortError> {
            Ok(self.0.lock().unwrap().0.clone())
        }

        async fn token_seeds_for_unknown(&self) -> Result<TokenSeeds, PortError> {
            Ok(self.0.lock().unwrap().1.clone())
        }

        async fn rotate(&self) -> Result<(), PortError> {
            Err(PortError::broken("a test changes these seeds"))
        }
    }

    async fn is_good(keys: &TokenKeys, token: &str) -> bool {
        keys.verify(token, fixture::now()).await.is_ok_and(|said| *said == claims())
    }

    #[tokio::test]
    async fn keys_are_rotated_while_tokens_are_verified() {
        let of = |seeds: &[[u8; 32]]| -> TokenSeeds { seeds.into() };
        let (old, both, new) = (of(&[[1; 32]]), of(&[[2; 32], [1; 32]]), of(&[[2; 32]]));
        let secrets = Arc::new(Changing(Mutex::new((old.clone(), old.clone()))));
        let keys = TokenKeys::open(&claims().iss, secrets.clone()).await.unwrap();
        let of_old = keys.sign(&claims()).await.unwrap();
        let of_new = AccessTokens::new(&claims().iss, &both).unwrap().sign(&claims());
        assert!(is_good(&keys, &of_old).await && !is_good(&keys, &of_new).await);

        secrets.set(old, both.clone());
        assert!(is_good(&keys, &of_new).await, "an unknown key reads the seeds again");
        secrets.set(both.clone(), both);
        assert!(is_good(&keys, &of_old).await, "old tokens live until they expire");
        assert_eq!(keys.sign(&claims()).await.unwrap(), of_new);
        secrets.set(new.clone(), new);
        assert!(!is_good(&keys, &of_old).await, "the key and its cached tokens are gone");

        secrets.set(of(&[]), of(&[]));
        assert!(is_good(&keys, &of_new).await, "the last keys stay");
    }

    #[tokio::test]
    async fn there_must_be_a_key() {
        let none: TokenSeeds = [].into();
        let secrets = Arc::new(Changing(Mutex::new((none.clone(), none))));
        assert!(matches!(TokenKeys::open("x", secrets).await, Err(NoKeys::None)));
    }
}
