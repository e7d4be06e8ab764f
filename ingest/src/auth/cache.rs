//! A bounded cache whose entries expire.

use domain::Timestamp;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// More entries than this and the expired ones go; if none has expired, all of them.
const MAX_ENTRIES: usize = 10_000;

/// Values by key, each until a moment of its own.
pub struct Cache<K, V> {
    entries: Mutex<HashMap<K, (V, Timestamp)>>,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Cache { entries: Mutex::default() }
    }
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    pub fn get(&self, key: &K, now: Timestamp) -> Option<V> {
        let entries = self.locked();
        entries.get(key).filter(|(_, until)| now < *until).map(|(value, _)| value.clone())
    }

    /// `until` is exclusive: at that moment the entry is gone.
    pub fn insert(&self, key: K, value: V, until: Timestamp, now: Timestamp) {
        let mut entries = self.locked();
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, (_, until)| now < *until);
        }
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        entries.insert(key, (value, until));
    }

    pub fn remove(&self, key: &K) {
        self.locked().remove(key);
    }

    fn locked(&self) -> MutexGuard<'_, HashMap<K, (V, Timestamp)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::fixture::{later, now};

    #[test]
    fn an_entry_lasts_until_its_end_or_its_removal() {
        let cache = Cache::default();
        assert_eq!(cache.get(&1, now()), None);
        cache.insert(1, "one", later(30), now());
        for (seconds, expected) in [(0, Some("one")), (29, Some("one")), (30, None)] {
            assert_eq!(cache.get(&1, later(seconds)), expected, "{seconds} s");
        }
        cache.remove(&1);
        assert_eq!(cache.get(&1, now()), None);
    }

    #[test]
    fn memory_is_bounded() {
        let cache = Cache::default();
        for number in 0..=MAX_ENTRIES {
            cache.insert(number, number, later(30), now());
        }
        assert!(cache.locked().len() <= MAX_ENTRIES);
        assert_eq!(cache.get(&MAX_ENTRIES, now()), Some(MAX_ENTRIES));
    }

    #[test]
    fn expired_entries_make_room_first() {
        let cache = Cache::default();
        cache.insert(MAX_ENTRIES, 0, later(60), now());
        for number in 0..MAX_ENTRIES - 1 {
            cache.insert(number, 0, later(30), now());
        }
        cache.insert(MAX_ENTRIES + 1, 0, later(60), later(30));
        assert_eq!(cache.locked().len(), 2);
        assert_eq!(cache.get(&MAX_ENTRIES, later(30)), Some(0));
    }
}
