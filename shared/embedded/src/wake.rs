//! Wakes whoever waits for a queue or a timer, after the commit that gives him something to do. Nothing polls.

use domain::QueueName;
use domain::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// What a committed command gives others to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// A message became visible: one receiver has work.
    Visible(QueueName),
    /// A message becomes visible then: receivers that sleep longer must know.
    VisibleAt(QueueName, i64),
    /// The earliest hidden message becomes visible then (`i64::MAX`: there is none).
    NextIs(QueueName, i64),
    /// A timer of the state machine was set.
    Timer,
}

/// One place per queue to wait at, and one for timers.
#[derive(Debug)]
pub(crate) struct WakeBoard {
    queues: BTreeMap<QueueName, Place>,
    timers: Notify,
}

#[derive(Debug)]
struct Place {
    notify: Notify,
    next_visible_ms: AtomicI64,
}

impl WakeBoard {
    pub(crate) fn new() -> Self {
        let place = || Place { notify: Notify::new(), next_visible_ms: AtomicI64::new(i64::MAX) };
        WakeBoard { queues: QueueName::all().map(|queue| (queue, place())).collect(), timers: Notify::new() }
    }

    fn place(&self, queue: QueueName) -> &Place {
        self.queues.get(&queue).expect("the board has a place for every queue there is")
    }

    /// Ends when somebody is woken for `queue`. Wakes from the call on count, even before it is polled.
    pub(crate) fn message(&self, queue: QueueName) -> Notified<'_> {
        self.place(queue).notify.notified()
    }

    /// When the next hidden message of `queue` becomes visible, if one does.
    pub(crate) fn next_visible(&self, queue: QueueName) -> Timestamp {
        crate::clock::from_ms(self.place(queue).next_visible_ms.load(Ordering::Acquire))
    }

    /// Ends when a timer was set. Wakes from the call on count.
    pub(crate) fn timer(&self) -> Notified<'_> {
        self.timers.notified()
    }

    /// Called by the writer alone, after a commit.
    pub(crate) fn ring(&self, wake: Wake) {
        match wake {
            Wake::Visible(queue) => self.place(queue).notify.notify_one(),
            Wake::VisibleAt(queue, at_ms) => {
                let place = self.place(queue);
                if place.next_visible_ms.fetch_min(at_ms, Ordering::AcqRel) > at_ms {
                    place.notify.notify_waiters();
                }
            }
            Wake::NextIs(queue, at_ms) => self.place(queue).next_visible_ms.store(at_ms, Ordering::Release),
            Wake::Timer => self.timers.notify_one(),
        }
    }
}
