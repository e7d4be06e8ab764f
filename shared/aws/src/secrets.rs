//! The installation's secrets, in Secrets Manager: one JSON document, read again every few minutes, so that a rotated key
//! takes effect without a deployment.
//!
//! `{"master": "<64 hexadecimal digits>", "access_tokens": ["<64 hexadecimal digits>", …]}`. Access-token seeds that are
//! missing from the two are derived from the master.

use crate::clients::Clients;
use crate::error::{self, unreadable};
use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use domain::Timestamp;
use domain::ports::secrets::{self, TokenSeeds};
use domain::ports::{self, Clock, PortError, PortErrorKind};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use settings::Resources;
use sha2::Sha256;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// Older keys are read again.
pub const MAX_AGE: Duration = Duration::from_secs(300);
/// How often tokens with an unknown key may cause a reading: anyone can send one.
const MIN_AGE: Duration = Duration::from_secs(10);
/// The time limit for reading again: every request waits for it, and the known keys serve meanwhile.
const REREADING: Duration = Duration::from_secs(3);
/// The HKDF labels of derived access-token seeds: the one that signs, and the one that signs after a rotation.
const ACCESS_TOKENS: [&[u8]; 2] = [b"semblante access-tokens v1", b"semblante access-tokens v1, second"];

#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    token_seeds: TokenSeeds,
}

/// Caches the keys for [`MAX_AGE`].
pub struct Secrets {
    client: Client,
    secret_id: String,
    clock: Arc<dyn Clock>,
    known: Mutex<Option<(Timestamp, Arc<Keys>)>>,
}

#[derive(Deserialize, Serialize)]
struct Document {
    master: String,
    #[serde(default)]
    access_tokens: Vec<String>,
}

impl Document {
    fn parse(text: &str) -> Result<Self, PortError> {
        serde_json::from_str(text)
            .map_err(|_| unreadable("the secret must be JSON with `master` and, if need be, `access_tokens`"))
    }

    fn rotated(self, fresh: [u8; 32]) -> Result<Self, PortError> {
        let rotated = secrets::rotated(&Keys::parse(&self)?.token_seeds, fresh);
        Ok(Document { master: self.master, access_tokens: rotated.iter().map(hex::encode).collect() })
    }
}

impl Keys {
    /// Errors: `Broken`, without any of the document's content.
    fn parse(document: &Document) -> Result<Self, PortError> {
        let master = key(&document.master)?;
        let mut token_seeds =
            document.access_tokens.iter().map(|seed| key(seed)).collect::<Result<Vec<_>, _>>()?;
        token_seeds.extend(ACCESS_TOKENS.iter().skip(token_seeds.len()).map(|label| derive(&master, label)));
        Ok(Keys { token_seeds: token_seeds.into() })
    }

    /// The seeds of access tokens.
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
    Hkdf::<Sha256>::new(None, master).expand(label, &mut key).expect("HKDF-SHA256 gives up to 8160 bytes");
    key
}

/// Without the keys, which must not reach a log.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Secrets {
    /// Sends no request to AWS.
    pub fn new(clients: &Clients, resources: &Resources, clock: Arc<dyn Clock>) -> Self {
        let secret_id = resources.secret_id.clone();
        Secrets { client: clients.secrets.clone(), secret_id, clock, known: Mutex::new(None) }
    }

    /// The keys, at most [`MAX_AGE`] old. If they cannot be read again, the known ones are used on.
    pub async fn keys(&self) -> Result<Arc<Keys>, PortError> {
        self.keys_younger_than(MAX_AGE).await
    }

    /// The keys, for a token that was signed with none of them: read again unless they are younger than `MIN_AGE`.
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
                // Unchanged keys stay the same `Arc`, so that callers keep what they derived from them.
                let same = known.as_ref().map(|(_, before)| before.clone()).filter(|before| **before == keys);
                let keys = same.unwrap_or_else(|| Arc::new(keys));
                *known = Some((now, keys.clone()));
                Ok(keys)
            }
            (Err(error), Some((read_at, keys))) => {
                tracing::warn!(error = %error, "the secret could not be read again; the known keys are used on");
                *read_at = now;
                Ok(keys.clone())
            }
            (Err(error), None) => Err(error),
        }
    }

    async fn read(&self) -> Result<Keys, PortError> {
        Keys::parse(&self.document().await?)
    }

    async fn document(&self) -> Result<Document, PortError> {
        let read = self.client.get_secret_value().secret_id(&self.secret_id).send().await;
        let answer = read.map_err(|error| error::port("secretsmanager:GetSecretValue", error))?;
        Document::parse(answer.secret_string().ok_or_else(|| unreadable("the secret has no text"))?)
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

    async fn rotate(&self) -> Result<(), PortError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(PortError::broken)?;
        let rotated = self.document().await?.rotated(seed)?;
        let text = serde_json::to_string(&rotated).map_err(PortError::broken)?;
        let put = self.client.put_secret_value().secret_id(&self.secret_id).secret_string(text).send().await;
        put.map_err(|error| error::port("secretsmanager:PutSecretValue", error))?;
        *self.known.lock().await = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Keys, PortError> {
        Keys::parse(&Document::parse(text)?)
    }

    #[test]
    fn a_rotated_document_keeps_the_master_and_the_seed_that_signed() {
        let (one, two) = ("01".repeat(32), "02".repeat(32));
        let derived = Document::parse(&format!(r#"{{"master":"{one}"}}"#)).unwrap();
        let [first, second] = ACCESS_TOKENS.map(|label| hex::encode(derive(&[1; 32], label)));
        let rotated = derived.rotated([7; 32]).unwrap();
        assert_eq!(rotated.access_tokens, [second, "07".repeat(32), first]);
        let both = format!(r#"{{"master":"{one}","access_tokens":["{two}","{one}"]}}"#);
        let rotated = Document::parse(&both).unwrap().rotated([7; 32]).unwrap();
        assert_eq!((rotated.master, rotated.access_tokens), (one.clone(), vec![one, "07".repeat(32), two]));
    }

    #[test]
    fn documents_are_read_and_damage_is_named_without_the_key() {
        let (one, two) = ("01".repeat(32), "02".repeat(32));
        let keys = parse(&format!(r#"{{"master":"{one}","access_tokens":["{two}","{one}"]}}"#)).unwrap();
        assert_eq!(keys.token_seeds()[..], [[2; 32], [1; 32]]);
        let lonely = parse(&format!(r#"{{"master":"{one}"}}"#)).unwrap();
        assert_eq!(lonely.token_seeds()[..], ACCESS_TOKENS.map(|label| derive(&[1; 32], label)));
        assert_eq!(format!("{keys:?}"), "Keys(…)");
        for damaged in [
            "",
            "{}",
            "secret",
            r#"{"master":"secret"}"#,
            &format!(r#"{{"master":"{one}","access_tokens":["secret"]}}"#),
        ] {
            let error = parse(damaged).unwrap_err();
            assert!(
                !error.to_string().contains("\"secret\"") && !error.to_string().contains(&one),
                "{error}"
            );
        }
    }
}
