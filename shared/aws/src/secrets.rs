//! What the installation keeps secret, in Secrets Manager: one JSON document, read again every few minutes, so that a key
//! that is rotated there is known here without a new deployment.
//!
//! `{"master": "<64 hexadecimal digits>", "access_tokens": ["<64 hexadecimal digits>", …]}`. Keys for purposes are
//! derived from the master. The first access-token seed signs and all of them verify; without any, the master gives one.

use crate::clients::Clients;
use crate::error::{self, unreadable};
use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use domain::Timestamp;
use domain::ports::secrets::TokenSeeds;
use domain::ports::{self, Clock, PortError, PortErrorKind};
use hkdf::Hkdf;
use serde::Deserialize;
use settings::Resources;
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How old the keys may get.
pub const MAX_AGE: Duration = Duration::from_secs(300);
/// How often a token with an unknown key may have them read again: anyone can send one.
const MIN_AGE: Duration = Duration::from_secs(10);
/// How long a repeated reading may take: every request waits for it, and the keys that are known do for a while.
const REREADING: Duration = Duration::from_secs(3);
/// HKDF's label for the seed of access tokens where the document has none.
const ACCESS_TOKENS: &[u8] = b"semblante access-tokens v1";

/// The keys of an installation.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    master: [u8; 32],
    token_seeds: TokenSeeds,
}

/// Reads the keys and remembers them for a while.
pub struct Secrets {
    client: Client,
    secret_id: String,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<(Timestamp, Arc<Keys>)>>,
}

#[derive(Deserialize)]
struct Document {
    master: String,
    #[serde(default)]
    access_tokens: Vec<String>,
}

impl Keys {
    /// Errors: `Broken`, without a word of what is in it.
    fn parse(document: &str) -> Result<Self, PortError> {
        let document: Document = serde_json::from_str(document).map_err(|_| {
            unreadable("the secret must be JSON with `master` and, if need be, `access_tokens`")
        })?;
        let master = key(&document.master)?;
        let mut token_seeds =
            document.access_tokens.iter().map(|seed| key(seed)).collect::<Result<Vec<_>, _>>()?;
        if token_seeds.is_empty() {
            token_seeds.push(derive(&master, ACCESS_TOKENS));
        }
        Ok(Keys { master, token_seeds: token_seeds.into() })
    }

    /// The key for a purpose: HKDF-SHA256 (RFC 5869) of the master secret with the purpose's label.
    pub fn derive(&self, label: &[u8]) -> [u8; 32] {
        derive(&self.master, label)
    }

    /// The Ed25519 seeds of the access tokens' keys, at least one: the first signs, all of them verify.
    pub fn token_seeds(&self) -> &TokenSeeds {
        &self.token_seeds
    }
}

fn key(digits: &str) -> Result<[u8; 32], PortError> {
    let mut key = [0; 32];
    let read = hex::decode_to_slice(digits, &mut key);
    read.map_err(|_| unreadable("a key of the secret is not 64 hexadecimal digits"))?;
    Ok(key)
}

fn derive(master: &[u8; 32], label: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, master)
        .expand(label, &mut key)
        .expect("32 bytes are within what HKDF-SHA256 gives (8160)");
    key
}

/// Never a key: it would end up in a log.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Secrets {
    /// The secret that `resources` names. Nothing is read yet.
    pub fn new(clients: &Clients, resources: &Resources, clock: Arc<dyn Clock>) -> Self {
        let secret_id = resources.secret_id.clone();
        Secrets { client: clients.secrets.clone(), secret_id, clock, known: Mutex::new(None) }
    }

    /// The keys, at most [`MAX_AGE`] old. Where they cannot be read again, those that are known serve on.
    pub async fn keys(&self) -> Result<Arc<Keys>, PortError> {
        self.keys_younger_than(MAX_AGE).await
    }

    /// The keys after a token came whose key is none of them: read again, unless that was done a moment ago.
    pub async fn keys_for_unknown(&self) -> Result<Arc<Keys>, PortError> {
        self.keys_younger_than(MIN_AGE).await
    }

    async fn keys_younger_than(&self, age: Duration) -> Result<Arc<Keys>, PortError> {
        let mut known = self.known.lock().await;
        let now = self.clock.now();
        if let Some((read_at, keys)) = &*known
            && now < *read_at + age
        {
            return Ok(keys.clone());
        }
        let read = match known.is_some() {
            true => timeout(REREADING, self.read())
                .await
                .unwrap_or_else(|late| Err(PortError::new(PortErrorKind::Busy, late))),
            false => self.read().await,
        };
        match (read, &mut *known) {
            (Ok(keys), known) => {
                // The same keys stay the same `Arc`, so that whoever made something of them need not make it again.
                let same = known.as_ref().map(|(_, before)| before.clone()).filter(|before| **before == keys);
                let keys = same.unwrap_or_else(|| Arc::new(keys));
                *known = Some((now, keys.clone()));
                Ok(keys)
            }
            (Err(error), Some((read_at, keys))) => {
                tracing::warn!(error = %error, "the keys could not be read again");
                *read_at = now;
                Ok(keys.clone())
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn read(&self) -> Result<Keys, PortError> {
        let read = self.client.get_secret_value().secret_id(&self.secret_id).send().await;
        let answer = read.map_err(|error| error::port("secretsmanager:GetSecretValue", error))?;
        Keys::parse(answer.secret_string().ok_or_else(|| unreadable("the secret has no text"))?)
    }
}

#[async_trait]
impl ports::Secrets for Secrets {
    async fn token_seeds(&self) -> Result<TokenSeeds, PortError> {
        Ok(self.keys().await?.token_seeds.clone())
    }

    async fn token_seeds_for_unknown(&self) -> Result<TokenSeeds, PortError> {
        Ok(self.keys_for_unknown().await?.token_seeds.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_and_damage_is_named_without_the_key() {
        let (one, two) = ("01".repeat(32), "02".repeat(32));
        let keys =
            Keys::parse(&format!(r#"{{"master":"{one}","access_tokens":["{two}","{one}"]}}"#)).unwrap();
        assert_eq!(keys.token_seeds()[..], [[2; 32], [1; 32]]);
        let lonely = Keys::parse(&format!(r#"{{"master":"{one}"}}"#)).unwrap();
        assert_eq!(lonely.token_seeds()[..], [lonely.derive(ACCESS_TOKENS)]);
        assert_ne!(lonely.derive(b"a"), lonely.derive(b"b"));
        assert_eq!(format!("{keys:?}"), "Keys(…)");
        for damaged in [
            "",
            "{}",
            "secret",
            r#"{"master":"secret"}"#,
            &format!(r#"{{"master":"{one}","access_tokens":["secret"]}}"#),
        ] {
            let error = Keys::parse(damaged).unwrap_err();
            assert!(
                !error.to_string().contains("\"secret\"") && !error.to_string().contains(&one),
                "{error}"
            );
        }
    }
}
