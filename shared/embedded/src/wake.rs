//! Wakes receivers of a queue and the timer loop after the commit that gives them work. Nothing polls.

use domain::QueueName;
use domain::Timestamp;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// A consequence of a commit for tasks that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// A message became visible: one receiver is woken.
    Visible(QueueName),
    /// A message becomes visible at this moment: receivers that sleep longer are woken.
    VisibleAt(QueueName, i64),
    /// The earliest hidden message becomes visible at this moment (`i64::MAX`: there is none).
    NextIs(QueueName, i64),
    /// A timer of the state machine was set to this moment.
    TimerAt(i64),
    /// The earliest timer is set to this moment (`i64::MAX`: there is none).
    NextTimerIs(i64),
}

/// One waiting place per queue, and one for timers.
#[derive(Debug)]
pub(crate) struct WakeBoard {
    queues: BTreeMap<QueueName, Place>,
    timers: Place,
}

#[derive(Debug)]
struct Place {
    notify: Notify,
    next_ms: AtomicI64,
}

impl Place {
    fn new() -> Self {
        Place { notify: Notify::new(), next_ms: AtomicI64::new(i64::MAX) }
    }

    fn next(&self) -> Timestamp {
        crate::clock::from_ms(self.next_ms.load(Ordering::Acquire))
    }

    fn set(&self, at_ms: i64) {
        self.next_ms.store(at_ms, Ordering::Release);
    }

    fn set_no_later_than(&self, at_ms: i64) {
        if self.next_ms.fetch_min(at_ms, Ordering::AcqRel) > at_ms {
            self.notify.notify_waiters();
        }
    }
}

impl WakeBoard {
    pub(crate) fn new() -> Self {
        WakeBoard {
            queues: QueueName::all().map(|queue| (queue, Place::new())).collect(),
            timers: Place::new(),
        }
    }

    fn place(&self, queue: QueueName) -> &Place {
        self.queues.get(&queue).expect("the board has a place for every queue")
    }

    /// Ends with the next wake of `queue` after this call, even one before the first poll.
    pub(crate) fn message(&self, queue: QueueName) -> Notified<'_> {
        self.place(queue).notify.notified()
    }

    /// When the next hidden message of `queue` becomes visible; [`Timestamp::MAX`] if none does.
    pub(crate) fn next_visible(&self, queue: QueueName) -> Timestamp {
        self.place(queue).next()
    }

    /// Ends when a timer was set that is earlier than all others, after this call.
    pub(crate) fn timer(&self) -> Notified<'_> {
        self.timers.notify.notified()
    }

    /// When the earliest timer is due; [`Timestamp::MAX`] if there is none.
    pub(crate) fn next_timer(&self) -> Timestamp {
        self.timers.next()
    }

    /// For the writer alone, after a commit.
    pub(crate) fn wake(&self, wake: Wake) {
        match wake {
            Wake::Visible(queue) => self.place(queue).notify.notify_one(),
            Wake::VisibleAt(queue, at_ms) => self.place(queue).set_no_later_than(at_ms),
            Wake::NextIs(queue, at_ms) => self.place(queue).set(at_ms),
            Wake::TimerAt(at_ms) => self.timers.set_no_later_than(at_ms),
            Wake::NextTimerIs(at_ms) => self.timers.set(at_ms),
        }
    }
}
