//! The status of an upload; one pure function decides every change.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A URL was signed; there is no object yet.
    AwaitingUpload,
    /// The object is stored and an attempt is open; no stage of it has ended.
    Stored,
    /// A stage of the open attempt has ended.
    Running,
    /// Every result that was ordered is there.
    Complete,
    /// Some of them are there.
    Partial,
    /// The photo shows no face.
    NoFace,
    /// None of them is there, or the object was refused.
    Failed,
    /// No object came in time. A late one revives the upload.
    Expired,
    /// Its data is deleted; final.
    Erased,
}

/// The end states of an attempt, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndState {
    Complete,
    Partial,
    NoFace,
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusEvent {
    /// The object arrived and matches its declaration.
    Stored,
    /// The object arrived and was refused.
    Refused,
    /// A new attempt was begun.
    Begun {
        /// Whether a running attempt may be replaced.
        supersede: bool,
    },
    /// A stage of the attempt ended.
    StageEnded,
    Closed(EndState),
    /// The object did not come in time.
    Expired,
    Erased,
}

impl EndState {
    /// The rank for replacing a gallery row: a better end is higher.
    pub fn rank(self) -> u8 {
        match self {
            EndState::Complete => 3,
            EndState::Partial => 2,
            EndState::NoFace => 1,
            EndState::Failed => 0,
        }
    }

    pub fn as_str(self) -> &'static str {
        Status::from(self).as_str()
    }
}

impl From<EndState> for Status {
    fn from(end: EndState) -> Status {
        match end {
            EndState::Complete => Status::Complete,
            EndState::Partial => Status::Partial,
            EndState::NoFace => Status::NoFace,
            EndState::Failed => Status::Failed,
        }
    }
}

impl Status {
    pub const ALL: [Status; 9] = [
        Status::AwaitingUpload,
        Status::Stored,
        Status::Running,
        Status::Complete,
        Status::Partial,
        Status::NoFace,
        Status::Failed,
        Status::Expired,
        Status::Erased,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Status::AwaitingUpload => "awaiting_upload",
            Status::Stored => "stored",
            Status::Running => "running",
            Status::Complete => "complete",
            Status::Partial => "partial",
            Status::NoFace => "no_face",
            Status::Failed => "failed",
            Status::Expired => "expired",
            Status::Erased => "erased",
        }
    }

    /// Whether a client can stop polling: the status does not change by itself.
    pub fn is_done(self) -> bool {
        !matches!(self, Status::AwaitingUpload | Status::Stored | Status::Running)
    }

    /// The status as an end state; None if it is not one.
    pub fn end(self) -> Option<EndState> {
        match self {
            Status::Complete => Some(EndState::Complete),
            Status::Partial => Some(EndState::Partial),
            Status::NoFace => Some(EndState::NoFace),
            Status::Failed => Some(EndState::Failed),
            Status::AwaitingUpload | Status::Stored | Status::Running | Status::Expired | Status::Erased => {
                None
            }
        }
    }

    pub fn is_closed(self) -> bool {
        self.end().is_some()
    }

    /// The status after `event`; None if the event does not apply.
    pub fn next(self, event: StatusEvent) -> Option<Status> {
        use Status::{AwaitingUpload, Erased, Expired, Failed, Running, Stored};
        match (self, event) {
            (Erased, _) => None,
            (_, StatusEvent::Erased) => Some(Erased),
            (AwaitingUpload | Expired, StatusEvent::Stored) => Some(Stored),
            (AwaitingUpload | Expired, StatusEvent::Refused) => Some(Failed),
            (AwaitingUpload, StatusEvent::Expired) => Some(Expired),
            (Stored | Running, StatusEvent::Begun { supersede: true }) => Some(Stored),
            (closed, StatusEvent::Begun { .. }) if closed.is_closed() => Some(Stored),
            (Stored, StatusEvent::StageEnded) => Some(Running),
            (Stored | Running, StatusEvent::Closed(end)) => Some(end.into()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn events() -> Vec<StatusEvent> {
        vec![
            StatusEvent::Stored,
            StatusEvent::Refused,
            StatusEvent::Begun { supersede: false },
            StatusEvent::Begun { supersede: true },
            StatusEvent::StageEnded,
            StatusEvent::Closed(EndState::Complete),
            StatusEvent::Closed(EndState::Failed),
            StatusEvent::Expired,
            StatusEvent::Erased,
        ]
    }

    #[test]
    fn the_legal_moves_are_these_and_no_others() {
        let legal = [
            "awaiting_upload>stored",
            "awaiting_upload>failed",
            "awaiting_upload>expired",
            "expired>stored",
            "expired>failed",
            "stored>stored",
            "stored>running",
            "stored>complete",
            "stored>failed",
            "running>stored",
            "running>complete",
            "running>failed",
            "complete>stored",
            "partial>stored",
            "no_face>stored",
            "failed>stored",
        ];
        let mut seen: Vec<String> = Vec::new();
        for from in Status::ALL {
            for to in
                events().into_iter().filter_map(|event| from.next(event)).filter(|to| *to != Status::Erased)
            {
                seen.push(format!("{}>{}", from.as_str(), to.as_str()));
            }
        }
        seen.sort();
        seen.dedup();
        let mut expected: Vec<String> = legal.map(String::from).to_vec();
        expected.sort();
        assert_eq!(seen, expected);
    }

    proptest! {
        #[test]
        fn erased_is_final(sequence in prop::collection::vec(prop::sample::select(events()), 0..20)) {
            let mut status = Status::AwaitingUpload;
            let mut erased = false;
            for event in sequence {
                if let Some(next) = status.next(event) {
                    prop_assert!(!erased, "something came back after an erasure");
                    status = next;
                    erased = next == Status::Erased;
                }
            }
        }

        #[test]
        fn every_status_can_be_erased_once(index in 0..Status::ALL.len()) {
            let status = Status::ALL[index];
            prop_assert_eq!(status.next(StatusEvent::Erased).is_some(), status != Status::Erased);
        }
    }
}
