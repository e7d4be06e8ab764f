//! How many bytes of bodies are held in memory at a time. Who finds no room is sent away, not queued.

use crate::problem::Problem;
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// One permit is so many bytes.
const UNIT: u64 = 4096;

pub(crate) struct BodyBudget {
    units: Arc<Semaphore>,
}

/// Room for a body; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    _units: OwnedSemaphorePermit,
}

/// Bytes and the room that they take.
struct Held {
    bytes: Bytes,
    _room: Room,
}

impl BodyBudget {
    pub(crate) fn new(bytes: u64) -> Self {
        let units = usize::try_from(bytes.div_ceil(UNIT)).unwrap_or(Semaphore::MAX_PERMITS);
        BodyBudget { units: Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))) }
    }

    /// Room for a body of so many bytes.
    pub(crate) fn reserve(&self, bytes: u64) -> Result<Room, Problem> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let room = self.units.clone().try_acquire_many_owned(units);
        room.map(|units| Room { _units: units })
            .map_err(|_| Problem::busy("busy", "too many uploads at a time; try again"))
    }
}

impl Room {
    /// The same bytes, which give the room back when the last of their clones is dropped: stored, or sent.
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
    fn room_is_given_back() {
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
