//! Session tokens: 256 random bits, of which only the SHA-256 is stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Sha256;
use hkdf::Hkdf;
use std::fmt;
use uuid::Uuid;

/// The HKDF label of the key under which a token seals its successor.
const SEAL: &[u8] = b"semblante refresh-successor v1";

#[derive(Clone, PartialEq, Eq)]
pub struct SecretToken([u8; 32]);

/// An opaque access token in the shape of a UUID, 122 random bits, as older clients store it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OpaqueToken(Uuid);

impl OpaqueToken {
    /// Errors: the operating system gives no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(OpaqueToken(uuid::Builder::from_random_bytes(bytes).into_uuid()))
    }

    /// Reads what [`OpaqueToken::encode`] wrote, in capitals too.
    pub fn parse(raw: &str) -> Option<Self> {
        let has_shape = raw.len() == 36;
        has_shape.then(|| Uuid::try_parse(raw).ok()).flatten().map(OpaqueToken)
    }

    pub fn encode(&self) -> String {
        self.0.to_string()
    }

    /// The digest, which is all that is stored.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(self.0.as_bytes())
    }
}

impl SecretToken {
    /// Errors: the operating system gives no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(SecretToken(bytes))
    }

    /// Reads what [`SecretToken::encode`] wrote.
    pub fn parse(raw: &str) -> Option<Self> {
        let bytes = (raw.len() == 43).then(|| URL_SAFE_NO_PAD.decode(raw).ok()).flatten()?;
        Some(SecretToken(bytes.try_into().ok()?))
    }

    /// The text that clients keep: base64url, 43 characters.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The digest, which is all that is stored.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(&self.0)
    }

    /// `successor`, readable only with this token. A one-time pad of HKDF-SHA256: a token is spent once, so no two
    /// successors are sealed under one pad. [`SecretToken::unseal`] checks the digest, so no tag is needed.
    pub fn seal(&self, successor: &SecretToken) -> [u8; 32] {
        let pad = self.pad();
        std::array::from_fn(|at| successor.0[at] ^ pad[at])
    }

    /// The sealed successor, if its digest is this one.
    pub fn unseal(&self, sealed: &[u8; 32], digest: &Sha256) -> Option<SecretToken> {
        let pad = self.pad();
        let successor = SecretToken(std::array::from_fn(|at| sealed[at] ^ pad[at]));
        (successor.digest() == *digest).then_some(successor)
    }

    fn pad(&self) -> [u8; 32] {
        let mut pad = [0; 32];
        Hkdf::<sha2::Sha256>::new(None, &self.0)
            .expand(SEAL, &mut pad)
            .expect("32 bytes are within HKDF-SHA256's limit (8160)");
        pad
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_and_garbage_does_not() {
        let token = SecretToken::random().unwrap();
        assert_eq!(SecretToken::parse(&token.encode()), Some(token.clone()));
        assert_ne!(SecretToken::random().unwrap(), token);
        let padded = format!("{}=", token.encode());
        for bad in ["", "x", &padded, &"!".repeat(43), &"A".repeat(44), &"x".repeat(1 << 20)] {
            assert_eq!(SecretToken::parse(bad), None, "{:.50}", bad);
        }
    }

    #[test]
    fn opaque_tokens_read_back_and_garbage_does_not() {
        let token = OpaqueToken::random().unwrap();
        for raw in [token.encode(), token.encode().to_uppercase()] {
            assert!(OpaqueToken::parse(&raw) == Some(token), "{raw}");
        }
        assert!(OpaqueToken::random().unwrap() != token);
        let simple = token.encode().replace('-', "");
        for bad in ["", "x", &simple, &format!("{{{}}}", token.encode()), &"0".repeat(36)] {
            assert!(OpaqueToken::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn only_the_spent_token_opens_the_seal() {
        let (spent, successor, other) = (SecretToken([1; 32]), SecretToken([2; 32]), SecretToken([3; 32]));
        let sealed = spent.seal(&successor);
        assert_ne!(sealed, successor.0);
        assert_eq!(spent.unseal(&sealed, &successor.digest()), Some(successor.clone()));
        assert_eq!(other.unseal(&sealed, &successor.digest()), None);
        assert_eq!(spent.unseal(&[0; 32], &successor.digest()), None);
    }
}
