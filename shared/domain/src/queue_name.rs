//! The queues: `uploads`, one for each stage, and a dead-letter queue for each of them.

use crate::stage::Stage;
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QueueName {
    source: Source,
    dead_letters: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Source {
    Uploads,
    Stage(Stage),
}

/// Deliveries of a stage's message before it becomes a dead letter, unless a setting says otherwise.
pub const STAGE_MAX_RECEIVES: u32 = 10;
/// Deliveries of a message of queue `uploads` before it becomes a dead letter: with intake's delays, three hours.
pub const UPLOADS_MAX_RECEIVES: u32 = 20;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown queue {0:?}")]
pub struct UnknownQueue(String);

impl QueueName {
    /// Events of the object store and of the state machine, orders to begin and to erase.
    pub const UPLOADS: QueueName = QueueName { source: Source::Uploads, dead_letters: false };

    pub const fn of(stage: Stage) -> Self {
        QueueName { source: Source::Stage(stage), dead_letters: false }
    }

    /// Every queue, each followed by its dead-letter queue.
    pub fn all() -> impl Iterator<Item = QueueName> {
        QueueName::live().flat_map(|queue| [queue, queue.dead_letters()])
    }

    /// The queues that are not for dead letters.
    pub fn live() -> impl Iterator<Item = QueueName> {
        std::iter::once(QueueName::UPLOADS).chain(Stage::ALL.into_iter().map(QueueName::of))
    }

    /// The queue of messages that were received too often. A dead-letter queue is its own.
    pub const fn dead_letters(self) -> Self {
        QueueName { dead_letters: true, ..self }
    }

    pub const fn is_for_dead_letters(self) -> bool {
        self.dead_letters
    }

    /// The queue whose dead letters it holds. Another queue is its own.
    pub const fn source(self) -> Self {
        QueueName { dead_letters: false, ..self }
    }

    /// The stage whose tasks or dead letters it holds.
    pub const fn stage(self) -> Option<Stage> {
        match self.source {
            Source::Uploads => None,
            Source::Stage(stage) => Some(stage),
        }
    }

    /// Deliveries of a message before it becomes a dead letter, where a stage has `of_stages`.
    pub fn max_receives(self, of_stages: u32) -> u32 {
        match self.source {
            Source::Uploads => UPLOADS_MAX_RECEIVES.max(of_stages),
            Source::Stage(_) => of_stages,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match (self.source, self.dead_letters) {
            (Source::Uploads, false) => "uploads",
            (Source::Uploads, true) => "uploads-dead-letters",
            (Source::Stage(stage), false) => stage.as_str(),
            (Source::Stage(stage), true) => stage.dead_letters(),
        }
    }

    pub fn parse(raw: &str) -> Result<Self, UnknownQueue> {
        QueueName::all()
            .find(|queue| queue.as_str() == raw)
            .ok_or_else(|| UnknownQueue(raw.chars().take(80).collect()))
    }
}

impl TryFrom<String> for QueueName {
    type Error = UnknownQueue;
    fn try_from(raw: String) -> Result<Self, UnknownQueue> {
        QueueName::parse(&raw)
    }
}

impl From<QueueName> for String {
    fn from(queue: QueueName) -> String {
        queue.as_str().to_owned()
    }
}

impl fmt::Display for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_have_names_of_their_own() {
        let mut names: Vec<_> = QueueName::all().map(QueueName::as_str).collect();
        let queues = 2 * (Stage::ALL.len() + 1);
        assert_eq!(names.len(), queues);
        names.sort();
        names.dedup();
        assert_eq!(names.len(), queues);
        for queue in QueueName::all() {
            assert_eq!(QueueName::parse(queue.as_str()), Ok(queue));
            assert_eq!(queue.dead_letters().source(), queue.source());
            assert!(queue.dead_letters().is_for_dead_letters());
        }
        for stage in Stage::ALL {
            assert_eq!(QueueName::of(stage).as_str(), stage.as_str());
            let dead_letters = QueueName::of(stage).dead_letters();
            assert_eq!(dead_letters.as_str(), format!("{stage}-dead-letters"));
        }
        assert!(QueueName::parse("upload").is_err());
    }
}
