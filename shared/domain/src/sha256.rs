//! SHA-256 digests: hexadecimal in the API, base64 in S3's checksum header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::Digest;
use std::fmt;
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sha256 is 64 hexadecimal digits")]
pub struct InvalidSha256;

impl Sha256 {
    pub fn of(content: &[u8]) -> Self {
        Sha256(sha2::Sha256::digest(content).into())
    }

    pub fn new(digest: [u8; 32]) -> Self {
        Sha256(digest)
    }

    /// Reads 64 hexadecimal digits of either case.
    pub fn parse(raw: &str) -> Result<Self, InvalidSha256> {
        let mut digest = [0; 32];
        hex::decode_to_slice(raw, &mut digest).map_err(|_| InvalidSha256)?;
        Ok(Sha256(digest))
    }

    /// Reads S3's header `x-amz-checksum-sha256`.
    pub fn parse_base64(raw: &str) -> Result<Self, InvalidSha256> {
        let bytes = STANDARD.decode(raw).map_err(|_| InvalidSha256)?;
        Ok(Sha256(bytes.try_into().map_err(|_| InvalidSha256)?))
    }

    /// Writes S3's header `x-amz-checksum-sha256`.
    pub fn to_base64(self) -> String {
        STANDARD.encode(self.0)
    }

    /// The digest of words, each framed by its length: `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn of_words(words: &[&str]) -> Self {
        let mut hash = sha2::Sha256::new();
        for word in words {
            hash.update((word.len() as u64).to_be_bytes());
            hash.update(word);
        }
        Sha256(hash.finalize().into())
    }

    /// The first 16 bytes as a UUID, version 8.
    pub fn to_uuid(self) -> Uuid {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.0[..16]);
        Uuid::new_v8(bytes)
    }

    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Sha256 {
    type Error = InvalidSha256;
    fn try_from(raw: String) -> Result<Self, InvalidSha256> {
        Sha256::parse(&raw)
    }
}

impl From<Sha256> for String {
    fn from(sha256: Sha256) -> String {
        sha256.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_do_not_run_into_each_other() {
        assert_ne!(Sha256::of_words(&["ab", "c"]), Sha256::of_words(&["a", "bc"]));
        assert_eq!(Sha256::of_words(&["ab", "c"]), Sha256::of_words(&["ab", "c"]));
    }

    #[test]
    fn reads_back_both_spellings() {
        // FIPS 180-4's example, "abc".
        let abc = Sha256::of(b"abc");
        assert_eq!(abc.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Sha256::parse(&abc.to_string().to_uppercase()), Ok(abc));
        assert_eq!(Sha256::parse_base64(&abc.to_base64()), Ok(abc));
        for bad in ["", "ba78", "zz7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"] {
            assert!(Sha256::parse(bad).is_err() && Sha256::parse_base64(bad).is_err(), "{bad:?}");
        }
    }
}
