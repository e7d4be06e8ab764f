//! Budgets that users share: memory for bodies, disk space for spooled ones, places for waiting and writing requests. No
//! user holds more than a quarter of a budget, so one user cannot take it from the others. Requests over budget get 503;
//! nothing is queued.

use crate::problem::Problem;
use bytes::Bytes;
use domain::{TenantId, UserId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A user holds at most the total divided by this.
const USERS: u64 = 4;

pub(crate) type Owner = (TenantId, UserId);

#[derive(Clone)]
pub(crate) struct Budget(Arc<Shared>);

struct Shared {
    total: u64,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    all: u64,
    by_owner: HashMap<Owner, u64>,
}

/// A part of a budget that a request of `owner` holds; released on drop.
pub(crate) struct Share {
    budget: Budget,
    owner: Owner,
    amount: u64,
}

/// Bytes with the share that they take.
struct Counted {
    bytes: Bytes,
    _share: Share,
}

impl Budget {
    pub(crate) fn new(total: u64) -> Self {
        Budget(Arc::new(Shared { total, held: Mutex::default() }))
    }

    /// Errors: 503, the budget or the owner's quarter is used up.
    pub(crate) fn take(&self, owner: &Owner, amount: u64) -> Result<Share, Problem> {
        let mut share = Share { budget: self.clone(), owner: owner.clone(), amount: 0 };
        share.grow(amount)?;
        Ok(share)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Errors: 503, as [`Budget::take`]; the share is unchanged then.
    pub(crate) fn grow(&mut self, amount: u64) -> Result<(), Problem> {
        let total = self.budget.0.total;
        let mut held = self.budget.held();
        let own = held.by_owner.get(&self.owner).copied().unwrap_or(0);
        let fits = |used: u64, limit: u64| used.checked_add(amount).is_some_and(|used| used <= limit);
        if !fits(held.all, total) || !fits(own, total.div_ceil(USERS)) {
            return Err(Problem::busy("busy", "too many concurrent requests; retry later"));
        }
        if amount > 0 {
            held.all += amount;
            held.by_owner.insert(self.owner.clone(), own + amount);
            self.amount += amount;
        }
        Ok(())
    }

    pub(crate) fn release(&mut self, amount: u64) {
        let amount = amount.min(self.amount);
        if amount == 0 {
            return;
        }
        let mut held = self.budget.held();
        self.amount -= amount;
        held.all -= amount;
        if let Some(own) = held.by_owner.get_mut(&self.owner) {
            *own -= amount;
            if *own == 0 {
                held.by_owner.remove(&self.owner);
            }
        }
    }

    /// The same bytes; dropping the last of their clones releases the share.
    pub(crate) fn hold(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Counted { bytes, _share: self })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.release(self.amount);
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(name: &str) -> Owner {
        (TenantId::parse("acme").unwrap(), UserId::parse(name).unwrap())
    }

    #[test]
    fn a_share_is_released_on_drop() {
        let budget = Budget::new(8);
        let share = budget.take(&owner("ana"), 2).unwrap();
        assert!(budget.take(&owner("ana"), 1).is_err());
        drop(share);
        assert!(budget.take(&owner("ana"), 2).is_ok());
        assert!(budget.held().by_owner.is_empty());
    }

    #[test]
    fn a_user_holds_a_quarter_and_all_users_hold_the_total() {
        let budget = Budget::new(8);
        let shares: Vec<_> =
            ["ana", "ben", "cai", "dea"].map(|name| budget.take(&owner(name), 2).unwrap()).into();
        assert!(budget.take(&owner("eli"), 1).is_err());
        assert!(budget.take(&owner("ana"), 0).is_ok(), "nothing is always there");
        drop(shares);
        assert!(budget.take(&owner("eli"), 3).is_err(), "over the quarter");
        assert!(budget.take(&owner("eli"), u64::MAX).is_err());
    }

    #[test]
    fn a_share_grows_and_shrinks() {
        let budget = Budget::new(8);
        let mut share = budget.take(&owner("ana"), 1).unwrap();
        share.grow(1).unwrap();
        assert!(share.grow(1).is_err());
        share.release(1);
        assert_eq!(budget.held().all, 1);
        share.release(9);
        assert_eq!(budget.held().all, 0);
    }

    #[test]
    fn bytes_hold_their_share_until_the_last_of_them_is_gone() {
        let budget = Budget::new(4);
        let bytes = budget.take(&owner("ana"), 1).unwrap().hold(Bytes::from_static(b"photo"));
        let part = bytes.slice(1..3);
        drop(bytes);
        assert_eq!(&part[..], b"ho");
        assert!(budget.take(&owner("ana"), 1).is_err());
        drop(part);
        assert!(budget.take(&owner("ana"), 1).is_ok());
    }
}
