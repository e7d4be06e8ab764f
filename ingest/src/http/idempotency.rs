//! `Idempotency-Key`: nothing is stored for it. Tenant, user, route and key become the id of the resource that the request
//! makes, so a repeat finds the resource itself, and its answer is built anew.

use crate::auth::Caller;
use crate::problem::Problem;
use axum::http::HeaderMap;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const MAX_KEY: usize = 255;

/// A key hashed with tenant, user and route.
#[derive(Clone, Copy)]
pub(crate) struct IdempotencyKey([u8; 32]);

impl IdempotencyKey {
    /// None without the header. Errors: 400 for an invalid key.
    pub(crate) fn of(headers: &HeaderMap, caller: &Caller, route: &str) -> Result<Option<Self>, Problem> {
        let Some(given) = headers.get("idempotency-key") else { return Ok(None) };
        let given = given.to_str().ok().filter(|key| (1..=MAX_KEY).contains(&key.len()));
        let given = given.ok_or_else(|| {
            Problem::malformed(
                "bad_idempotency_key",
                format!("an Idempotency-Key has 1 to {MAX_KEY} visible ASCII characters"),
            )
        })?;
        let mut hash = Sha256::new();
        for part in [caller.tenant_id.as_str(), caller.user_id.as_str(), route, given] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Ok(Some(IdempotencyKey(hash.finalize().into())))
    }

    /// The id of the resource.
    pub(crate) fn id(self) -> Uuid {
        self.id_with(&[])
    }

    /// The id of an order that stores nothing of its body: the first half depends on the key, the second on the body too.
    pub(crate) fn id_with(self, body: &[u8]) -> Uuid {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.0[..8]);
        let digest = Sha256::digest(body);
        for (at, byte) in bytes[8..].iter_mut().enumerate() {
            *byte = self.0[8 + at] ^ digest[at];
        }
        Uuid::new_v8(bytes)
    }

    /// Whether an order's id was made with this key, for any body.
    pub(crate) fn made(self, id: Uuid) -> bool {
        id.as_bytes()[..8] == self.id().as_bytes()[..8]
    }
}

/// 422: the key was used with another body.
pub(crate) fn reused() -> Problem {
    Problem::unprocessable("idempotency_key_reused", "this Idempotency-Key was used with another body")
}
