//! Randomness as data: every draw is a hash of the execution's seed and a counter in the frame.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The secret randomness of one execution, from the host's random source. Task tokens are computed from it, so it must
/// not appear in logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed of 32 random bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Seed {
        Seed(bytes)
    }

    /// The token of a scheduled task: 256 bits in hexadecimal. A retry is a new task and has a new token.
    pub(crate) fn token(&self, task: u64) -> String {
        hex::encode(self.draw("token", task))
    }

    /// Sixteen random bytes, the `n`-th of this execution.
    pub(crate) fn bytes(&self, n: u64) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.draw("random", n)[..16]);
        bytes
    }

    /// A number in `[0, 1)` with 53 random bits, the `n`-th of this execution.
    pub(crate) fn fraction(&self, n: u64) -> f64 {
        let bytes = self.bytes(n);
        let word = u64::from_be_bytes([
            bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7],
        ]);
        (word >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn draw(&self, purpose: &str, n: u64) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.0)
            .chain_update(purpose)
            .chain_update(n.to_be_bytes())
            .finalize()
            .into()
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

impl From<Seed> for String {
    fn from(seed: Seed) -> String {
        hex::encode(seed.0)
    }
}

impl TryFrom<String> for Seed {
    type Error = String;

    fn try_from(text: String) -> Result<Seed, String> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|e| format!("seed: {e}"))?;
        Ok(Seed(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_stable_and_differ() {
        let seed = Seed::from_bytes([1; 32]);
        assert_eq!(seed.token(1), seed.token(1));
        assert_ne!(seed.token(1), seed.token(2));
        assert_ne!(seed.token(1), Seed::from_bytes([2; 32]).token(1));
        assert_eq!(seed.token(1).len(), 64);
        for n in 0..1_000 {
            assert!((0.0..1.0).contains(&seed.fraction(n)));
        }
    }

    #[test]
    fn debug_keeps_the_secret() {
        assert_eq!(format!("{:?}", Seed::from_bytes([9; 32])), "Seed(..)");
    }
}
