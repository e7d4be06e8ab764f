//! Bounds the bytes of bodies in memory. Requests over budget get 503; nothing is queued.

use crate::problem::Problem;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes per permit.
const UNIT: u64 = 4096;

pub(crate) struct BodyBudget {
    units: Arc<Semaphore>,
}

/// Reserved bytes, released on drop.
#[derive(Debug)]
pub(crate) struct Room {
    _units: OwnedSemaphorePermit,
}

struct Held {
    bytes: Bytes,
    _room: Room,
}

impl BodyBudget {
    pub(crate) fn new(bytes: u64) -> Self {
        let units = usize::try_from(bytes.div_ceil(UNIT)).unwrap_or(Semaphore::MAX_PERMITS);
        BodyBudget { units: Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))) }
    }

    pub(crate) fn reserve(&self, bytes: u64) -> Result<Room, Problem> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let room = self.units.clone().try_acquire_many_owned(units);
        room.map(|units| Room { _units: units })
            .map_err(|_| Problem::busy("busy", "too many concurrent uploads; retry later"))
    }
}

impl Room {
    /// The same bytes; dropping the last of their clones releases the room.
    pub(crate) fn hold(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Held { bytes, _room: self })
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_released() {
        let budget = BodyBudget::new(3 * UNIT);
        let held = budget.reserve(2 * UNIT).unwrap();
        assert!(budget.reserve(2 * UNIT).is_err());
        assert!(budget.reserve(1).is_ok());
        drop(held);
        assert!(budget.reserve(3 * UNIT).is_ok());
    }

    #[test]
    fn bytes_hold_their_room_until_the_last_of_them_is_gone() {
        let budget = BodyBudget::new(UNIT);
        let bytes = budget.reserve(UNIT).unwrap().hold(Bytes::from_static(b"photo"));
        let part = bytes.slice(1..3);
        drop(bytes);
        assert_eq!(&part[..], b"ho");
        assert!(budget.reserve(1).is_err());
        drop(part);
        assert!(budget.reserve(UNIT).is_ok());
    }
}
