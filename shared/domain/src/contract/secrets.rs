//! The contract of [`crate::ports::Secrets`].

use crate::ports::Secrets;
use std::sync::Arc;

/// There are seeds, all different, and they stay the same while they are not changed.
pub async fn seeds_stay_what_they_are(secrets: &dyn Secrets) {
    let seeds = secrets.token_seeds().await.expect("reading works");
    assert!(!seeds.is_empty());
    for (place, seed) in seeds.iter().enumerate() {
        assert!(!seeds[..place].contains(seed), "the seed in place {place} is there twice");
    }
    let again = secrets.token_seeds().await.expect("reading works");
    assert!(Arc::ptr_eq(&seeds, &again));
    let for_unknown = secrets.token_seeds_for_unknown().await.expect("reading works");
    assert!(Arc::ptr_eq(&seeds, &for_unknown));
}
