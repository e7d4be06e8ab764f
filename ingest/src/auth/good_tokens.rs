//! Access tokens whose signature was found good, so that it is not computed for every request that carries them. Whether
//! their time is over, and whether their session lives, is asked every time all the same.

use super::token::Claims;
use domain::{Sha256, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Tokens remembered at most.
const MAX_TOKENS: usize = 10_000;

/// What good tokens say, by their digests.
#[derive(Default)]
pub struct GoodTokens {
    claims: Mutex<HashMap<Sha256, Arc<Claims>>>,
}

impl GoodTokens {
    /// What the token with this digest says, if it was found good and its time is not over.
    pub fn claims(&self, token: &Sha256, now: Timestamp) -> Option<Arc<Claims>> {
        self.locked().get(token).filter(|claims| claims.count(now)).cloned()
    }

    /// The token is good and says this.
    pub fn remember(&self, token: Sha256, claims: Arc<Claims>, now: Timestamp) {
        let mut known = self.locked();
        if known.len() >= MAX_TOKENS {
            known.retain(|_, claims| claims.count(now));
        }
        if known.len() >= MAX_TOKENS {
            known.clear();
        }
        known.insert(token, claims);
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<Sha256, Arc<Claims>>> {
        self.claims.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::token::tests::claims;
    use domain::fixture::{later, now};

    fn token(number: usize) -> Sha256 {
        Sha256::of(&number.to_be_bytes())
    }

    #[test]
    fn a_good_token_counts_until_its_time_is_over() {
        let good = GoodTokens::default();
        good.remember(token(1), Arc::new(claims()), now());
        for (seconds, counts) in [(0, true), (899, true), (900, false)] {
            assert_eq!(good.claims(&token(1), later(seconds)).is_some(), counts, "{seconds} s");
        }
        assert_eq!(good.claims(&token(2), now()), None);
    }

    #[test]
    fn memory_is_bounded() {
        let good = GoodTokens::default();
        let claims = Arc::new(claims());
        for number in 0..=MAX_TOKENS {
            good.remember(token(number), claims.clone(), now());
        }
        assert!(good.locked().len() <= MAX_TOKENS);
        assert_eq!(good.claims(&token(MAX_TOKENS), now()), Some(claims));
    }
}
