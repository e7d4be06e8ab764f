//! How many bytes of bodies are held in memory at a time. Who finds no room is sent away, not queued.

use crate::problem::Problem;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One permit is so many bytes.
const UNIT: u64 = 4096;

pub(crate) struct BodyBudget {
    units: Arc<Semaphore>,
}

impl BodyBudget {
    pub(crate) fn new(bytes: u64) -> Self {
        let units = usize::try_from(bytes.div_ceil(UNIT)).unwrap_or(Semaphore::MAX_PERMITS);
        BodyBudget { units: Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))) }
    }

    /// Room for a body; given back when it is dropped.
    pub(crate) fn reserve(&self, bytes: u64) -> Result<OwnedSemaphorePermit, Problem> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        self.units
            .clone()
            .try_acquire_many_owned(units)
            .map_err(|_| Problem::busy("busy", "too many uploads at a time; try again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back() {
        let budget = BodyBudget::new(3 * UNIT);
        let held = budget.reserve(2 * UNIT).unwrap();
        assert!(budget.reserve(2 * UNIT).is_err());
        assert!(budget.reserve(1).is_ok());
        drop(held);
        assert!(budget.reserve(3 * UNIT).is_ok());
    }
}
